using System.Runtime.Versioning;
using Molecule.Harness.Runs;
using Molecule.Registry.Aliases;

namespace Molecule.Tests.Workspace;

/// <summary>aliases.yaml against the real CLIs: what each sends for a name is a name of the same model.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AliasesOnTheWireTests
{
    private static readonly AliasTable _table = AliasTable.Read(File.ReadAllText(Repository.Find(AppContext.BaseDirectory).AliasesFile), "aliases.yaml");

    [Theory]
    [InlineData("claude-code", "anthropic-oauth", "sonnet", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", "")]
    [InlineData("claude-code", "anthropic-oauth", "opus", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", "")]
    [InlineData("claude-code", "anthropic-oauth", "haiku", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", "")]
    [InlineData("claude-code", "anthropic-api", "claude-haiku-4-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "")]
    [InlineData("claude-code", "anthropic-api", "claude-haiku-4-5-20251001", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "")]
    [InlineData("codex", "byok-minimax", "codex-minimax-m2.7", "MINIMAX_API_KEY", "MINIMAX_BASE_URL", "/v1")]
    public async Task What_a_real_cli_sends_for_a_name_is_a_name_of_the_same_model(string runtime, string arm, string model, string key, string address, string path)
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            origin => new Dictionary<string, string>
            {
                ["MOLECULE_RUNTIME"] = runtime,
                ["MOLECULE_RESOLVED_PROVIDER"] = arm,
                ["MOLECULE_MODEL"] = model,
                [key] = "mol-key-alias",
                [address] = origin + "/a01" + path,
            },
            TestContext.Current.CancellationToken);

        await workspace.SendAsync("Say the two words backwards: one two", TestContext.Current.CancellationToken);

        var sent = Assert.IsType<string>(workspace.Vendor.Turns[^1].Model);
        Assert.Equal(_table.CanonicalOf(model), _table.CanonicalOf(sent));
        Assert.Contains(_table.Models, one => one.Canonical == _table.CanonicalOf(sent));
    }
}
