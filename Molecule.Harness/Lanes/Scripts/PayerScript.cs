using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One turn, and in the middle of it a look at whose credentials the workspace holds.</summary>
/// <param name="inside">Looks into the workspace.</param>
/// <param name="ofThePlatform">The platform's own secrets, by name.</param>
public sealed class PayerScript(WorkspaceInside inside, ImmutableDictionary<string, string> ofThePlatform) : ILaneScript
{
    /// <summary>What the names of the workspace's own secrets begin with in the view.</summary>
    public const string Own = "own ";

    public string Feature => "routing-payer";

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();

        // While the vendor holds back its answer, the agent's program is there.
        await using var held = await lane.HoldAsync(words, cancellationToken).ConfigureAwait(false);
        var turn = lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken);
        await held.BegunAsync(cancellationToken).ConfigureAwait(false);
        var own = lane.Credential.Secrets
            .Where(static s => !s.Key.EndsWith("_BASE_URL", StringComparison.Ordinal))
            .Select(static s => KeyValuePair.Create(Own + s.Key, s.Value));
        var view = inside.Look(lane.Workspace, ofThePlatform.Concat(own).ToImmutableDictionary());
        await held.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        return [await turn.ConfigureAwait(false) with { Inside = view }];
    }
}
