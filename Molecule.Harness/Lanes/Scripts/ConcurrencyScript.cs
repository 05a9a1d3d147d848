using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// Several callers at once, while the vendor holds back the answer to the first: those that wait are answered in their turn, and one that
/// will not wait is told that the workspace is busy, and served later all the same.
/// </summary>
public sealed class ConcurrencyScript : ILaneScript
{
    private const int Waiting = 3;

    public string Feature => "concurrency";

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var first = lane.FreshWords();
        await using var held = await lane.HoldAsync(first, cancellationToken).ConfigureAwait(false);
        var turns = new List<Task<LaneTurn>> { Ask(first) };
        await held.BegunAsync(cancellationToken).ConfigureAwait(false);

        turns.AddRange(Enumerable.Range(0, Waiting).Select(_ => Ask(lane.FreshWords())).ToList());
        var hasty = lane.FreshWords();
        var busy = await lane.SendHastilyAsync(hasty.Prompt, cancellationToken).ConfigureAwait(false);
        await held.ReleaseAsync(cancellationToken).ConfigureAwait(false);

        var served = await Task.WhenAll(turns).ConfigureAwait(false);
        return [.. served, await lane.ServedLaterAsync(hasty, hasty.Prompt, hasty.Reversed, busy, cancellationToken).ConfigureAwait(false)];

        Task<LaneTurn> Ask(WordPair words) => lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken);
    }
}
