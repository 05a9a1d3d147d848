using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// A long message and a question on top of it, a new conversation by hand, and a question that only the old one could answer, and no memory of it.
/// </summary>
public sealed class SessionResetScript : ILaneScript
{
    private const string Row = "chat-session/new";
    private const int Characters = 8_400;

    public string Feature => "session-reset";

    public int ServedTurns => 4;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var told = lane.FreshWords();
        var first = await lane.SendAsync(told, Minutes.OfCharacters(Characters) + told.Prompt, told.Reversed, cancellationToken).ConfigureAwait(false);
        var asked = lane.FreshWords();
        var second = await lane.SendAsync(asked, Minutes.BeyondMemory + asked.PromptForThePairBefore, told.Remembered, cancellationToken).ConfigureAwait(false);
        await lane.BeginAnewAsync(cancellationToken).ConfigureAwait(false);
        var forgotten = lane.FreshWords();
        var third = await lane.SendAsync(forgotten, forgotten.PromptForThePairBefore, asked.Remembered, cancellationToken).ConfigureAwait(false) with
        {
            RowsAfter = await lane.RowsAsync(Row, cancellationToken).ConfigureAwait(false),
        };
        var last = lane.FreshWords();
        return [first, second, third, await lane.SendAsync(last, last.Prompt, last.Reversed, cancellationToken).ConfigureAwait(false)];
    }
}
