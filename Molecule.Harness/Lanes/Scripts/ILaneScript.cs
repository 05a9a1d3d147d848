using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>What is done on a lane to show one feature.</summary>
public interface ILaneScript
{
    /// <summary>The feature of coverage.yaml.</summary>
    string Feature { get; }

    /// <summary>Whether the lane's workspace has to be made from its runtime's template, which alone says the runtime then.</summary>
    bool IsOfATemplate => false;

    /// <summary>Does it and reports the turns, in the order in which they were sent. It judges nothing.</summary>
    /// <exception cref="LaneException">A step could not be done.</exception>
    Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken);
}
