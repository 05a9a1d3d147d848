using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// A conversation and files, and a question that only a memory of it can answer: after the workspace got a new file system, and once more after it got
/// one without persistence.
/// </summary>
/// <param name="root">Where the node keeps its workspaces.</param>
public sealed class DataSwapScript(string root) : ILaneScript
{
    public const string Name = "data-swap";

    private const string Switch = "MOLECULE_DATA_PERSISTENCE";

    public string Feature => Name;

    public int ServedTurns => 4;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var told = lane.FreshWords();
        var first = await lane.SendAsync(told, told.Prompt, told.Reversed, cancellationToken).ConfigureAwait(false);
        var planted = lane.Plant(root);
        await lane.RecreateAsync(cancellationToken).ConfigureAwait(false);
        var survived = planted.Missing();
        var asked = lane.FreshWords();
        var second = await lane.SendAsync(asked, Minutes.BeyondMemory + asked.PromptForThePairBefore, told.Remembered, cancellationToken).ConfigureAwait(false);

        // The incident: what the home held goes with the container, and the conversation with it.
        await lane.SetAsync(Switch, "ephemeral", cancellationToken).ConfigureAwait(false);
        await lane.RecreateAsync(cancellationToken).ConfigureAwait(false);
        var lost = planted.Missing();
        var forgotten = lane.FreshWords();
        var third = await lane.SendAsync(forgotten, forgotten.PromptForThePairBefore, asked.Remembered, cancellationToken).ConfigureAwait(false);
        var last = lane.FreshWords();
        var fourth = await lane.SendAsync(last, last.Prompt, last.Reversed, cancellationToken).ConfigureAwait(false);
        return [first, second with { MissingFiles = survived }, third with { MissingFiles = lost }, fourth];
    }
}
