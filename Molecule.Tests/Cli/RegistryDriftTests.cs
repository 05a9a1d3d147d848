using Molecule.Harness.Runs;
using Molecule.Tests.Integrity;

namespace Molecule.Tests.Cli;

/// <summary><c>registry check</c> at the launcher's process, on a copy of this checkout's files: what drifts is named, and put back it is none.</summary>
public sealed class RegistryDriftTests : IDisposable
{
    private const string Haiku = "claude-haiku-4-5-20251001";

    private static readonly Dictionary<string, string> _nothing = [];

    private readonly SpareCheckout _checkout = new("one");

    public RegistryDriftTests()
    {
        var own = Repository.Find(AppContext.BaseDirectory).Root;
        foreach (var path in (string[])["coverage.yaml", "expected-cells.txt", "prices.yaml", "aliases.yaml", "carve-outs.yaml", "registry.lock.json", "docs/registry.md", "Molecule.Workspace/Mirror/providers.yaml", "Molecule.Workspace/Mirror/RegistryProjection.g.cs"])
        {
            Copy(own, path);
        }

        foreach (var folder in (string[])["templates", "docs/runtimes"])
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(own, folder), "*", SearchOption.AllDirectories))
            {
                Copy(own, Path.GetRelativePath(own, file));
            }
        }
    }

    public void Dispose() => _checkout.Dispose();

    [Theory]
    [InlineData("Molecule.Workspace/Mirror/providers.yaml", "GROQ_API_KEY", "GROQ_API_KEX",
        "Molecule.Workspace/Mirror/providers.yaml: hand-edited: differs from line 81, byte 27; in the mirror provider 'groq': auth_env was 'GROQ_API_KEY' and is 'GROQ_API_KEX'; edit providers.yaml instead, then run ./molecule registry sync")]
    [InlineData("Molecule.Workspace/Mirror/providers.yaml", "# The provider registry", "# The provider Registry",
        "Molecule.Workspace/Mirror/providers.yaml: hand-edited: differs from line 1, byte 16; sha256 ")]
    [InlineData("providers.yaml", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v2",
        "provider 'groq': base_url_template was 'https://api.groq.com/openai/v1' and is 'https://api.groq.com/openai/v2'")]
    [InlineData("providers.yaml", "[kimi-for-coding, kimi-k2.5, kimi-k2]", "[kimi-for-coding, kimi-k2.5, kimi-k3]",
        "runtime 'claude-code', arm 'kimi-coding': model 'kimi-k2' was removed; runtime 'claude-code', arm 'kimi-coding': model 'kimi-k3' was added")]
    [InlineData("providers.yaml", "# The provider registry", "# The provider Registry",
        "providers.yaml: comment edit: sha256 ")]
    [InlineData("templates/codex/config.yaml", "required_env: [CODEX_AUTH_JSON]", "required_env: [OPENAI_API_KEX]",
        "templates/codex/config.yaml: disagreement: model 'gpt-5.5': required_env is [OPENAI_API_KEX] and must be one of CODEX_AUTH_JSON, CODEX_CHATGPT_AUTH_JSON, OPENAI_API_KEY, which arms 'openai-subscription', 'openai-api' take")]
    [InlineData("aliases.yaml", Haiku, "claude-haiku-4-5-20251002",
        "aliases.yaml: data edit: 'claude-haiku-4-5-20251001' is no name of 'claude-haiku-4-5' any more; 'claude-haiku-4-5-20251002' is a name of 'claude-haiku-4-5' now")]
    [InlineData("docs/registry.md", "# The registry", "# A registry",
        "docs/registry.md: hand-edited: differs from line 1, byte 3; it is generated: edit providers.yaml instead, then run ./molecule registry sync")]
    [InlineData("registry.lock.json", "\"sha256\": \"", "\"sha256\": \"0",
        "registry.lock.json: hand-edited: it says that it was made of a file with sha256 0")]
    [InlineData("prices.yaml", "model: MiniMax-M3,", "model: MiniMax-M4,",
        "prices.yaml: missing: model 'MiniMax-M3' of runtime 'claude-code', arm 'minimax' has no price: add a row with its source")]
    [InlineData("coverage.yaml", "    - groq\n", "",
        "coverage.yaml: disagreement: openclaw/groq is offered and stands outside the matrix: name its runtime and its arm there")]
    public async Task A_flip_is_named_and_put_back_it_is_no_drift(string file, string right, string wrong, string message)
    {
        var path = Path.Combine(_checkout.Repository.Root, file);
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var at = text.IndexOf(right, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{file} does not hold '{right}'");
        await File.WriteAllTextAsync(path, text[..at] + wrong + text[(at + right.Length)..], TestContext.Current.CancellationToken);

        var (exitCode, output) = await CheckAsync();

        Assert.True(exitCode == 3, output);
        Assert.Contains($"molecule: {(message.StartsWith(file, StringComparison.Ordinal) ? message : file)}", output, StringComparison.Ordinal);
        Assert.Contains(message, output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        var (back, said) = await CheckAsync();

        Assert.True(back == 0, said);
        Assert.StartsWith("no drift: providers.yaml, fingerprint ", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("templates/google-adk/config.yaml", "templates/google-adk/config.yaml: missing: runtime 'google-adk' is offered and has no row in the template registry: write it")]
    [InlineData("docs/runtimes/codex.md", "docs/runtimes/codex.md: missing: runtime 'codex' is offered and has no page: write it")]
    [InlineData("templates/codex/registry-projection.json", "templates/codex/registry-projection.json: missing: run ./molecule registry sync")]
    [InlineData("registry.lock.json", "registry.lock.json: missing: nobody can tell of what the generated files were made: run ./molecule registry sync")]
    public async Task A_file_that_is_gone_is_named(string file, string message)
    {
        File.Delete(Path.Combine(_checkout.Repository.Root, file));

        var (exitCode, output) = await CheckAsync();

        Assert.True(exitCode == 3, output);
        Assert.Contains($"molecule: {message}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_and_a_page_of_no_runtime_are_named()
    {
        var root = _checkout.Repository.Root;
        Directory.CreateDirectory(Path.Combine(root, "templates", "crewai"));
        await File.WriteAllTextAsync(
            Path.Combine(root, "templates", "crewai", "config.yaml"),
            (await File.ReadAllTextAsync(Path.Combine(root, "templates", "codex", "config.yaml"), TestContext.Current.CancellationToken)).Replace("runtime: codex", "runtime: crewai", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(root, "templates", "crewai", "registry-projection.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(root, "docs", "runtimes", "crewai.md"), "# crewai\n", TestContext.Current.CancellationToken);

        var (exitCode, output) = await CheckAsync();

        Assert.True(exitCode == 3, output);
        Assert.Contains("molecule: templates/crewai/config.yaml: disagreement: runtime 'crewai' is not in the registry", output, StringComparison.Ordinal);
        Assert.Contains("molecule: templates/crewai/registry-projection.json: disagreement: runtime 'crewai' is not in the registry", output, StringComparison.Ordinal);
        Assert.Contains("molecule: docs/runtimes/crewai.md: disagreement: runtime 'crewai' is not in the registry", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edit_is_mended_by_a_sync()
    {
        await EditAsync("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v2");
        var (drifted, before) = await CheckAsync();
        Assert.True(drifted == 3, before);
        Assert.Contains("registry.lock.json: forgotten regeneration: made of an older source: Molecule.Workspace/Mirror/RegistryProjection.g.cs, Molecule.Workspace/Mirror/providers.yaml, docs/registry.md, templates/", before, StringComparison.Ordinal);

        var (synced, output) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "sync");

        Assert.True(synced == 0, output);
        Assert.Contains("wrote Molecule.Workspace/Mirror/providers.yaml\n", output, StringComparison.Ordinal);
        Assert.Contains("wrote registry.lock.json\n", output, StringComparison.Ordinal);
        var (after, said) = await CheckAsync();
        Assert.True(after == 0, said);
    }

    [Fact]
    public async Task Another_repositorys_mirror_is_held_against_the_file()
    {
        var mirror = Path.Combine(_checkout.Repository.Root, "theirs.yaml");
        File.Copy(_checkout.Repository.ProvidersFile, mirror);
        var (same, said) = await CheckAsync("--mirror", mirror);
        Assert.True(same == 0, said);

        var text = await File.ReadAllTextAsync(mirror, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(mirror, text + "# theirs\n", TestContext.Current.CancellationToken);
        var (comment, commented) = await CheckAsync("--mirror", mirror);
        Assert.True(comment == 3, commented);
        Assert.Contains($"{mirror}: comment edit: sha256 ", commented, StringComparison.Ordinal);

        // Seed gap 8: a mirror without the keyless arm.
        await File.WriteAllTextAsync(mirror, text.Replace("      - name: vertex\n        models: ['vertex:gemini-2.5-pro']\n", "", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (stale, found) = await CheckAsync("--mirror", mirror);
        Assert.True(stale == 3, found);
        Assert.Contains("runtime 'google-adk': arm 'vertex' was added", found, StringComparison.Ordinal);

        await CarveOutAsync("2099-01-01");
        var (lagging, allowed) = await CheckAsync("--mirror", mirror);
        Assert.True(lagging == 0, allowed);

        await CarveOutAsync("2026-01-01");
        var (expired, red) = await CheckAsync("--mirror", mirror);
        Assert.True(expired == 3, red);
        Assert.Contains("molecule: carve-outs.yaml: the carve-out of google-adk/vertex expired on 2026-01-01 (core: its release is due): let the arm follow, or renew it", red, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_carve_out_is_red_where_nothing_lags_any_more()
    {
        await CarveOutAsync("2026-01-01");

        var (exitCode, output) = await CheckAsync("--mirror", _checkout.Repository.ProvidersFile);

        Assert.True(exitCode == 5, output);
    }

    [Fact]
    public async Task A_running_workspace_is_held_against_the_file()
    {
        await using var workspace = await Workspace.RunningWorkspace.StartAsync(
            static origin => new Dictionary<string, string>
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
                ["MOLECULE_MODEL"] = "gpt-5.5",
                ["OPENAI_API_KEY"] = "mol-key",
                ["OPENAI_BASE_URL"] = origin + "/a03/v1",
            },
            TestContext.Current.CancellationToken);
        var address = workspace.Url.AbsoluteUri;
        var (same, said) = await CheckAsync("--mirror", address);
        Assert.True(same == 0, said);

        // The file moves on, all that is made of it too, and the process is left behind.
        await EditAsync("# The provider registry", "# The provider Registry");
        await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "sync");
        var (comment, commented) = await CheckAsync("--mirror", address);
        Assert.True(comment == 3, commented);
        Assert.Contains($"molecule: {address}: comment edit: it runs on sha256 ", commented, StringComparison.Ordinal);

        await EditAsync("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v2");
        await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "sync");
        var (stale, drifted) = await CheckAsync("--mirror", address);
        Assert.True(stale == 3, drifted);
        Assert.Contains($"molecule: {address}: data edit: it runs on fingerprint ", drifted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_cannot_be_asked_is_named()
    {
        var (exitCode, output) = await CheckAsync("--mirror", "http://127.0.0.1:9");

        Assert.True(exitCode == 2, output);
        Assert.Contains("http://127.0.0.1:9(1,1): it cannot be asked for its registry (/registry/fingerprint): ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_is_told_with_its_cells()
    {
        var older = Path.Combine(_checkout.Repository.Root, "older.yaml");
        await File.WriteAllTextAsync(
            older,
            (await File.ReadAllTextAsync(_checkout.Repository.ProvidersFile, TestContext.Current.CancellationToken))
                .Replace("      - name: vertex\n        models: ['vertex:gemini-2.5-pro']\n", "", StringComparison.Ordinal)
                .Replace("auth_mode: wif_adc", "auth_mode: oauth", StringComparison.Ordinal)
                .Replace("env: MOLECULE_VERTEX_PROJECT", "env: VERTEX_PROJECT", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        var (exitCode, output) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "diff", older);

        Assert.True(exitCode == 3, output);
        Assert.Contains("provider 'vertex': auth_mode was 'oauth' and is 'wif_adc' [no cell]\n", output, StringComparison.Ordinal);
        Assert.Contains("runtime 'google-adk': arm 'vertex' was added [gains google-adk/vertex]\n", output, StringComparison.Ordinal);
        Assert.Contains("gained google-adk/vertex/serving@mock\n", output, StringComparison.Ordinal);
        Assert.Contains("lost google-adk/vertex/refusal@mock\n", output, StringComparison.Ordinal);

        var (asJson, json) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "diff", older, "--json");
        Assert.True(asJson == 3, json);
        using var document = System.Text.Json.JsonDocument.Parse(json);
        Assert.Contains("google-adk/vertex/serving@mock", document.RootElement.GetProperty("cells").GetProperty("gained").EnumerateArray().Select(static cell => cell.GetString()));

        var (none, same) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "registry", "diff", _checkout.Repository.ProvidersFile);
        Assert.True(none == 0, same);
        Assert.Contains("0 changes, 0 cells gained, 0 lost, 0 changed", same, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_registry_of_the_schema_has_its_cells_planned()
    {
        var foreign = Path.Combine(_checkout.Repository.Root, "foreign.yaml");
        await File.WriteAllTextAsync(
            foreign,
            """
            schema_version: 1
            providers:
              - { name: openai-api, display_name: OpenAI, vendor_logo: openai, protocol: openai, auth_mode: anthropic_api, auth_env: [OPENAI_API_KEY], model_prefix_match: '^gpt-', upstream_vendor: openai }
              - { name: zai, protocol: anthropic, auth_mode: third_party_anthropic_compat, base_url_anthropic: 'https://api.z.ai/api/anthropic/v1', auth_env: [ZAI_API_KEY] }
            runtimes:
              codex: { providers: [{ name: openai-api, models: [gpt-9] }] }
              claude-code: { providers: [{ name: zai, models: [glm-9] }] }
            """,
            TestContext.Current.CancellationToken);

        var (exitCode, output) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "plan", "--registry", foreign);

        Assert.True(exitCode == 0, output);
        Assert.Contains("codex/openai-api/serving@mock", output, StringComparison.Ordinal);
        Assert.Contains("claude-code/openai-api/refusal@mock", output, StringComparison.Ordinal);
        Assert.Contains("claude-code/zai", output, StringComparison.Ordinal);
        Assert.DoesNotContain("codex/openai-subscription/serving@mock", output, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output)> CheckAsync(params string[] more) => _checkout.RunAsync(SpareCheckout.Cli, _nothing, ["registry", "check", .. more]);

    private async Task EditAsync(string right, string wrong)
    {
        var text = await File.ReadAllTextAsync(_checkout.Repository.ProvidersFile, TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_checkout.Repository.ProvidersFile, text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    private Task CarveOutAsync(string expires) => File.WriteAllTextAsync(
        _checkout.Repository.CarveOutsFile,
        $"schema: 1\ncarve_outs:\n  - {{ runtime: google-adk, arm: vertex, reason: its release is due, owner: core, expires: {expires} }}\n",
        TestContext.Current.CancellationToken);

    private void Copy(string own, string path)
    {
        var target = Path.Combine(_checkout.Repository.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(Path.Combine(own, path), target, overwrite: true);
    }
}
