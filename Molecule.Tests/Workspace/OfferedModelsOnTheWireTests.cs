using System.Runtime.Versioning;
using Molecule.Harness.Runs;
using Molecule.Registry.Aliases;
using Molecule.Tests.Registry;

namespace Molecule.Tests.Workspace;

/// <summary>
/// The menu of providers.yaml asked of the real claude-code and codex, each model once: what goes over the wire is that model, and the turn is answered.
/// The arms that the control plane serves send the same programs the same way; of the other runtimes the adapters are asked (<see cref="OfferedModelTests"/>).
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class OfferedModelsOnTheWireTests
{
    private static readonly AliasTable _table = AliasTable.Read(File.ReadAllText(Repository.Find(AppContext.BaseDirectory).AliasesFile), "aliases.yaml");

    // By hand, as the runtimes document them: the credential, where the endpoint is said, and what stands behind the origin (spec/driving-the-runtimes.md 1, 2).
    private static readonly Dictionary<string, (string Key, string Address, string Path)> _arms = new()
    {
        ["anthropic-api"] = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", ""),
        ["anthropic-oauth"] = ("CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", ""),
        ["kimi-coding"] = ("KIMI_API_KEY", "ANTHROPIC_BASE_URL", ""),
        ["minimax"] = ("MINIMAX_API_KEY", "ANTHROPIC_BASE_URL", ""),
        ["openai-api"] = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"),
    };

    public static TheoryData<string, string, string> Menu =>
    [
        .. from runtime in OwnRegistry.Registry.Runtimes
           where runtime.Name is "claude-code" or "codex"
           from arm in runtime.Arms
           where _arms.ContainsKey(arm.Provider)
           from model in arm.Models
           group model by (runtime.Name, arm.Provider, _table.CanonicalOf(model)) into one
           select (one.Key.Name, one.Key.Provider, one.First()),
    ];

    [Fact]
    public void The_menu_that_is_asked_is_the_registrys() => Assert.Equal(
        ["claude-code anthropic-api 5", "claude-code anthropic-oauth 3", "claude-code kimi-coding 3", "claude-code minimax 4", "codex openai-api 6"],
        Menu.Select(static row => row.Data).GroupBy(static row => (row.Item1, row.Item2)).Select(static arm => $"{arm.Key.Item1} {arm.Key.Item2} {arm.Count()}").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Menu))]
    public async Task The_real_program_is_driven_with_an_offered_model(string runtime, string arm, string model)
    {
        var (key, address, path) = _arms[arm];
        await using var workspace = await RunningWorkspace.StartAsync(
            origin => new Dictionary<string, string>
            {
                ["MOLECULE_RUNTIME"] = runtime,
                ["MOLECULE_RESOLVED_PROVIDER"] = arm,
                ["MOLECULE_MODEL"] = model,
                [key] = "mol-key-menu",
                [address] = origin + "/a01" + path,
            },
            TestContext.Current.CancellationToken);

        await workspace.SendAsync("Say the two words backwards: one two", TestContext.Current.CancellationToken);

        Assert.Equal(_table.CanonicalOf(model), _table.CanonicalOf(Assert.IsType<string>(workspace.Vendor.Turns[^1].Model)));
    }
}
