using Molecule.Contracts.Engines;

namespace Molecule.Tests.Contracts;

public sealed class EngineLookupTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-engines-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_program_of_a_runtime_is_found_by_its_name()
    {
        var codex = Program("codex");
        var manifest = Manifest($$"""{"engines":[{"name":"claude-code","version":"2.1.330","path":"/nowhere","sha256":"bb"},{"name":"codex","version":"0.169.0","path":"{{codex}}","sha256":"aa"}]}""");

        Assert.Equal(new InstalledEngine("codex", "0.169.0", codex, "aa"), EngineLookup.Find("codex", manifest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_manifest_the_variable_that_names_it_is_told(string? manifest) =>
        Assert.Equal("MOLECULE_ENGINES is not set: it names the manifest of installed runtimes.", Missing("codex", manifest).Message);

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"engines":[{"name":"codex"}]}""")]
    public void A_manifest_that_cannot_be_read_is_named_with_the_cause(string text)
    {
        var manifest = Manifest(text);

        var missing = Missing("codex", manifest);

        Assert.StartsWith($"The manifest of installed runtimes '{manifest}' cannot be read: ", missing.Message, StringComparison.Ordinal);
        Assert.EndsWith(" Install the runtimes again.", missing.Message, StringComparison.Ordinal);
        Assert.Contains(missing.InnerException!.Message, missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_was_not_installed_is_passed_over()
    {
        var none = Path.Combine(_folder.FullName, "none.json");
        var codex = Program("codex");
        var other = Manifest($$"""{"engines":[{"name":"codex","version":"0.169.0","path":"{{codex}}","sha256":"aa"}]}""");

        Assert.Equal(codex, EngineLookup.Find("codex", $"{none}{Path.PathSeparator}{Path.PathSeparator}{other}").Path);
        Assert.Equal($"The manifest of installed runtimes '{none}' has no 'codex': install the runtimes again.", Missing("codex", none).Message);
    }

    [Fact]
    public void A_script_is_found_with_the_node_that_runs_it_and_missed_without()
    {
        var (script, node) = (Program("agent.mjs"), Program("node"));
        var manifest = Manifest($$"""{"engines":[{"name":"google-adk","version":"2.0.0","path":"{{script}}","sha256":"aa","node":"{{node}}"}]}""");

        Assert.Equal(node, EngineLookup.Find("google-adk", manifest).Node);
        File.Delete(node);
        Assert.Equal($"The program of google-adk is missing at '{node}': install the runtimes again.", Missing("google-adk", manifest).Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"engines":[{"name":"claude-code","version":"2.1.330","path":"/nowhere","sha256":"bb"}]}""")]
    public void A_runtime_that_the_manifest_does_not_hold_is_named(string text)
    {
        var manifest = Manifest(text);

        Assert.Equal($"The manifest of installed runtimes '{manifest}' has no 'codex': install the runtimes again.", Missing("codex", manifest).Message);
    }

    [Fact]
    public void A_program_that_is_gone_is_named_with_its_path()
    {
        var path = Path.Combine(_folder.FullName, "gone");
        var manifest = Manifest($$"""{"engines":[{"name":"codex","version":"0.169.0","path":"{{path}}","sha256":"aa"}]}""");

        Assert.Equal($"The program of codex is missing at '{path}': install the runtimes again.", Missing("codex", manifest).Message);
    }

    [Theory]
    [InlineData(EngineKind.Real, "codex 0.169.0 (real)")]
    [InlineData(EngineKind.Emulated, "codex 0.169.0 (emulated)")]
    public void An_engine_always_says_whether_it_is_real(EngineKind kind, string text) => Assert.Equal(text, new EngineIdentity("codex", "0.169.0", kind).ToString());

    private static EngineMissingException Missing(string runtime, string? manifest) => Assert.Throws<EngineMissingException>(() => EngineLookup.Find(runtime, manifest));

    private string Program(string name) => Write(name, "");

    private string Manifest(string text) => Write("engines.json", text);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
