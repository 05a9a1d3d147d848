using System.Collections.Immutable;
using Molecule.Harness.Secrets;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>What is done on a lane to show one feature.</summary>
public interface ILaneScript
{
    /// <summary>The feature of coverage.yaml.</summary>
    string Feature { get; }

    /// <summary>Whether the lane's workspace has to be made from its runtime's template, which alone says the runtime then.</summary>
    bool IsOfATemplate => false;

    /// <summary>How many turns of it a vendor serves: what a live cell may use is reckoned by them.</summary>
    int ServedTurns => 1;

    /// <summary>How many tokens of input its own messages make beyond what a turn ordinarily has, in all its turns: what a live cell may use is reckoned by them.</summary>
    long InputBesides => 0;

    /// <summary>What its workspace had read from the secrets manager when it served; nothing where its secrets come with the environment.</summary>
    ImmutableArray<SecretFileSeen> ReadFromManager => [];

    /// <summary>Does it and reports the turns, in the order in which they were sent. It judges nothing.</summary>
    /// <exception cref="LaneException">A step could not be done.</exception>
    Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken);
}
