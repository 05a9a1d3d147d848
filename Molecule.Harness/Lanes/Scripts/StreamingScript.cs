using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One streamed turn whose vendor holds back the second half of its answer until the caller has seen a piece of the first.</summary>
public sealed class StreamingScript : ILaneScript
{
    public string Feature => "streaming";

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();
        await using var held = await lane.HoldAsync(words, cancellationToken).ConfigureAwait(false);
        return [await lane.StreamAsync(words, words.Prompt, words.Reversed, held.ReleaseAsync, cancellationToken).ConfigureAwait(false)];
    }
}
