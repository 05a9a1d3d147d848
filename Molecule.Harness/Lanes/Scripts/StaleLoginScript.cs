using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Credentials;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>A turn on a workspace whose ChatGPT login has run out when it starts, and one after it was started again.</summary>
public sealed class StaleLoginScript(FakesClient fakes, SyntheticCredentials credentials, Random random) : ILaneScript
{
    private const string Arm = "openai-subscription";

    public string Feature => "routing-stale-auth";

    /// <summary>The login that it had; null before it had one.</summary>
    public StaleLogin? Login { get; private set; }

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var login = credentials.MintStale(lane.Credential.AccountId ?? throw new LaneException($"{lane.Key} has no ChatGPT account."), random);
        Login = login;
        lane.Adopt(login.Access);
        lane.Adopt(login.Refresh);
        await fakes.RegisterAsync(new RefreshTokenFamily(Arm, login.Refresh, login.Account), cancellationToken).ConfigureAwait(false);
        await fakes.AcceptAsync(new AcceptedCredential(Arm, login.Access, login.Account), cancellationToken).ConfigureAwait(false);
        await fakes.ExpireAsync(new ExpiredCredential(Arm, login.Access), cancellationToken).ConfigureAwait(false);

        // Setting it starts the workspace anew: with a login that would be refused.
        await lane.SetAsync("CODEX_AUTH_JSON", login.AuthJson, cancellationToken).ConfigureAwait(false);
        var words = lane.FreshWords();
        var first = await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false);
        await lane.RestartAsync(cancellationToken).ConfigureAwait(false);
        var next = lane.FreshWords();
        return [first, await lane.SendAsync(next, next.Prompt, next.Reversed, cancellationToken).ConfigureAwait(false)];
    }
}
