using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>A second turn that only a memory of the first can answer, and a third after a soft restart of the workspace.</summary>
public sealed class ContinuityScript : ILaneScript
{
    public string Feature => "continuity";

    public int ServedTurns => 3;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var told = lane.FreshWords();
        var first = await lane.SendAsync(told, told.Prompt, told.Reversed, cancellationToken).ConfigureAwait(false);
        var asked = lane.FreshWords();
        var second = await lane.SendAsync(asked, asked.PromptForThePairBefore, told.Remembered, cancellationToken).ConfigureAwait(false);
        await lane.RestartAsync(cancellationToken).ConfigureAwait(false);

        // The message before this one named the pair of the second turn.
        var askedAgain = lane.FreshWords();
        var third = await lane.SendAsync(askedAgain, askedAgain.PromptForThePairBefore, asked.Remembered, cancellationToken).ConfigureAwait(false);
        return [first, second, third];
    }
}
