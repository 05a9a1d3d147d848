using System.Text.Json;
using Molecule.Tests.Registry;

namespace Molecule.Tests.ControlPlane;

/// <summary>The catalogue and the fingerprint of a running control plane (spec/control-plane.md 3.8).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class TemplateTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Fact]
    public async Task Each_offered_runtime_has_one_row_whose_menu_is_the_registrys()
    {
        var listed = (await shared.Control.SendAsync("GET", "/templates")).Json;

        Assert.Equal(
            OwnRegistry.Registry.Runtimes.Select(static runtime => $"{runtime.Name} {string.Join(' ', runtime.Arms.SelectMany(static arm => arm.Models).Distinct().Order(StringComparer.Ordinal))}"),
            listed.EnumerateArray().Select(static row =>
                $"{row.GetProperty("runtime").GetString()} {string.Join(' ', row.GetProperty("models").EnumerateArray().Select(static model => model.GetProperty("id").GetString()).Order(StringComparer.Ordinal))}"));
    }

    [Fact]
    public async Task A_row_says_what_a_user_must_bring()
    {
        var rows = (await shared.Control.SendAsync("GET", "/templates")).Json.EnumerateArray().ToDictionary(static row => row.GetProperty("id").GetString()!);

        Assert.Equal("""["CODEX_AUTH_JSON"]""", RequiredEnv(rows["codex"], "gpt-5.5"));
        Assert.Equal("[]", RequiredEnv(rows["google-adk"], "vertex:gemini-2.5-pro"));
        Assert.Equal("[]", rows["codex"].GetProperty("required_env").GetRawText());
        Assert.Equal((3, 0, "minimax/MiniMax-M2.7"), (rows["codex"].GetProperty("tier").GetInt32(), rows["codex"].GetProperty("skill_count").GetInt32(), rows["codex"].GetProperty("model").GetString()));
        Assert.Equal(1800, rows["hermes"].GetProperty("provision_timeout_seconds").GetInt32());
        Assert.False(rows["codex"].TryGetProperty("provision_timeout_seconds", out _));
    }

    [Fact]
    public async Task Every_model_on_the_menu_is_admitted_and_no_withdrawn_one_is_on_it()
    {
        foreach (var row in (await shared.Control.SendAsync("GET", "/templates")).Json.EnumerateArray())
        {
            foreach (var model in row.GetProperty("models").EnumerateArray().Where(static model => model.GetProperty("required_env").GetArrayLength() > 0))
            {
                var created = await shared.Control.SendAsync("POST", "/workspaces", new
                {
                    name = "of the menu",
                    runtime = row.GetProperty("runtime").GetString(),
                    model = model.GetProperty("id").GetString(),
                    secrets = model.GetProperty("required_env").EnumerateArray().ToDictionary(static name => name.GetString()!, static _ => "mol-key"),
                });

                Assert.True(created.Status == 201, $"{row.GetProperty("runtime")} {model.GetProperty("id")}: {created.Body}");
            }
        }
    }

    [Fact]
    public async Task A_workspace_made_from_a_template_gets_its_runtime_its_tier_and_unless_said_its_model()
    {
        var chosen = await shared.Control.SendAsync("POST", "/workspaces", """{"name":"chosen","template":"codex","model":"gpt-5.5","secrets":{"OPENAI_API_KEY":"k"}}""");
        Assert.Equal((201, "openai-api"), (chosen.Status, chosen["provider"]));
        Assert.Equal("codex gpt-5.5 3", await RowAsync("chosen"));

        // Its own model is paid by a platform that this control plane has not: without a model codex would be refused for another reason.
        var own = await shared.Control.SendAsync("POST", "/workspaces", """{"name":"own","template":"codex"}""");
        Assert.Equal((422, "MISSING_PLATFORM_PROXY"), (own.Status, own["code"]));
        Assert.Contains("provider 'platform'", own["error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_of_another_runtime_is_refused_and_so_is_one_that_is_not_there()
    {
        var other = await shared.Control.SendAsync("POST", "/workspaces", """{"name":"a","template":"codex","runtime":"hermes","model":"gpt-5.5","secrets":{"OPENAI_API_KEY":"k"}}""");
        Assert.Equal((422, "TEMPLATE_UNAVAILABLE", "template 'codex' is of runtime 'codex', not of 'hermes'"), (other.Status, other["code"], other["error"]));

        var none = await shared.Control.SendAsync("POST", "/workspaces", """{"name":"a","template":"no-such"}""");
        Assert.Equal((422, "TEMPLATE_UNAVAILABLE"), (none.Status, none["code"]));
        Assert.Contains("there are claude-code, codex, google-adk, hermes, openclaw", none["error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_listed_once_with_all_its_names()
    {
        var rows = (await shared.Control.SendAsync("GET", "/templates")).Json.EnumerateArray().ToDictionary(static row => row.GetProperty("id").GetString()!);

        Assert.Equal("""["claude-haiku-4-5-20251001"]""", Aliases(rows["claude-code"], "claude-haiku-4-5"));
        Assert.Equal("""["anthropic:claude-haiku-4-5-20251001"]""", Aliases(rows["claude-code"], "anthropic:claude-haiku-4-5"));
        Assert.Equal("[]", Aliases(rows["claude-code"], "claude-opus-4-8"));
    }

    [Fact]
    public async Task The_fingerprint_is_the_files()
    {
        var answer = await shared.Control.SendAsync("GET", "/registry/fingerprint");

        Assert.Equal(200, answer.Status);
        Assert.Equal(Molecule.Registry.RegistryFingerprint.Of(OwnRegistry.Registry), answer["fingerprint"]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(RunningControlPlane.ProvidersYaml, TestContext.Current.CancellationToken))), answer["sha256"]);
    }

    private async Task<string> RowAsync(string name) => await shared.Control.ScalarAsync<string>($"SELECT runtime || ' ' || model || ' ' || tier FROM workspaces WHERE name = '{name}'") ?? "";

    private static string Aliases(JsonElement row, string model) =>
        row.GetProperty("models").EnumerateArray().Single(one => one.GetProperty("id").GetString() == model).GetProperty("aliases").GetRawText();

    private static string RequiredEnv(JsonElement row, string model) =>
        row.GetProperty("models").EnumerateArray().Single(one => one.GetProperty("id").GetString() == model).GetProperty("required_env").GetRawText();
}
