using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Secrets;

/// <summary>
/// The walks of all <c>secrets</c> cells of this run, begun together: most of a walk is a workspace's pauses before it asks a manager again that was down,
/// half a minute in which nothing computes.
/// </summary>
public sealed class SecretsWalks(MoleculeGraph graph) : IAsyncDisposable
{
    private readonly WalksTogether<SecretsWalk> _walks = new(static () => Cells, (id, cancellationToken) => WalkAsync(graph, id, cancellationToken));

    /// <summary>A runtime without an arm whose key is the user's own is no row: it stays uncovered, by name.</summary>
    internal static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(SecretsScript.Name).Where(static row => SecretsRoute.Of(CellId.Parse(row.Data)) is not null);

    /// <summary>A cell's walk, at its end.</summary>
    internal Task<SecretsWalk> OfAsync(string cell, CancellationToken cancellationToken) => _walks.OfAsync(cell, cancellationToken);

    public ValueTask DisposeAsync() => _walks.DisposeAsync();

    private static async Task<SecretsWalk> WalkAsync(MoleculeGraph graph, CellId id, CancellationToken cancellationToken)
    {
        var route = SecretsRoute.Of(id)!;
        var script = graph.Secrets(route);
        try
        {
            await script.DenyAsync(cancellationToken);
            return new SecretsWalk(route, script, id.Mode is CellMode.Live
                ? await graph.LiveSideLaneAsync(route, script, script.Besides, cancellationToken)
                : await graph.SideLaneAsync(route, besides: null, script, cancellationToken, script.Besides));
        }
        finally
        {
            await script.AllowAsync(CancellationToken.None);
        }
    }
}

/// <summary>A walk that has been done.</summary>
internal sealed record SecretsWalk(ExpectedRoute Route, SecretsScript Script, LaneRun Run);
