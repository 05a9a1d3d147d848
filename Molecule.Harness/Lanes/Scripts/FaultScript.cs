using System.Collections.Immutable;
using Molecule.Harness.Faults;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One turn while its vendor goes wrong, and one after it.</summary>
public sealed class FaultScript(PlannedFault fault) : ILaneScript
{
    // spec/runtimes-and-providers.md 1.4
    private const string IdleLimit = "A2A_COMPLETION_IDLE_TIMEOUT_SECONDS";

    public string Feature => fault.Feature;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        if (fault.IdleSeconds is { } seconds)
        {
            await lane.SetAsync(IdleLimit, seconds.ToString(System.Globalization.CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false);
        }

        var words = lane.FreshWords();
        LaneTurn faulted;
        await using (var placed = await lane.PlaceAsync(fault, words, cancellationToken).ConfigureAwait(false))
        {
            faulted = await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false) with
            {
                Fault = placed.Order,
                StatusAfter = await lane.StatusAsync(fault.ViewOf(lane.Key.Runtime, lane.Key.Arm)?.Status, cancellationToken).ConfigureAwait(false),
            };
        }

        var next = lane.FreshWords();
        return [faulted, await lane.SendAsync(next, next.Prompt, next.Reversed, cancellationToken).ConfigureAwait(false)];
    }
}
