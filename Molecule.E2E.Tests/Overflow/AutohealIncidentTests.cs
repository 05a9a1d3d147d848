using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>
/// Feature <c>autoheal-incident</c>: the workspace of the incident, claude-code on Kimi, whose overflow the platform did not know
/// (spec/runtimes-and-providers.md 2.1). Its wire's first arm is another vendor's, whose words are others.
/// </summary>
[Feature(Name)]
public sealed class AutohealIncidentTests(MoleculeGraph graph)
{
    internal const string Name = "autoheal-incident";

    /// <summary>Where it stands.</summary>
    internal static ExpectedRoute Route { get; } = ExpectedRoute.All.Single(static r => r is { Runtime: "claude-code", Arm: "kimi-coding" });

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_Kimi_workspace_of_claude_code_is_wedged_without_the_switch_and_heals_with_it(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
        (await AutohealWalk.RunAsync(graph, CellId.Parse(cell), Route, cancellationToken)).Judge(cell));
}
