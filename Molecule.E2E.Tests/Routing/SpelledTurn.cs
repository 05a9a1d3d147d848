using System.Collections.Immutable;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Routing;

/// <summary>One turn on a workspace whose model is spelled in a certain way.</summary>
internal sealed class SpelledTurn : ILaneScript
{
    public const string Name = "routing-spelling";

    private readonly ServingScript _turn = new();

    public string Feature => Name;

    public Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken) => _turn.RunAsync(lane, cancellationToken);
}
