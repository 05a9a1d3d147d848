using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// One streamed turn whose vendor holds back the second half of its answer until the caller has seen a piece of the first. A real vendor holds nothing
/// back: it is asked for so long an answer that it writes for seconds.
/// </summary>
public sealed class StreamingScript : ILaneScript
{
    public string Feature => "streaming";

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();
        if (lane.Key.IsLive)
        {
            return [await lane.StreamAsync(words, words.PromptAtLength, words.Reversed, onFirstPiece: null, cancellationToken).ConfigureAwait(false)];
        }

        await using var held = await lane.HoldAsync(words, cancellationToken).ConfigureAwait(false);
        return [await lane.StreamAsync(words, words.Prompt, words.Reversed, held.ReleaseAsync, cancellationToken).ConfigureAwait(false)];
    }
}
