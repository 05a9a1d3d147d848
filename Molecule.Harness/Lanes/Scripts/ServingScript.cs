using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One turn.</summary>
public sealed class ServingScript : ILaneScript
{
    public string Feature => "serving";

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();
        return [await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false)];
    }
}
