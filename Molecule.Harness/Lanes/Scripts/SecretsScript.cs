using System.Collections.Immutable;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Live;
using Molecule.Harness.Secrets;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// A workspace whose secrets go through the secrets manager, from its very first start: the manager is down for it, and a turn shows what that is
/// like; then it is up and nobody may read one of the secrets, and another turn shows that; then its role may. The credential is rotated and at last revoked at the manager itself, while the workspace runs.
/// </summary>
public sealed class SecretsScript : ILaneScript
{
    public const string Name = "secrets";

    // As large as AWS takes, with all that a shell or a file format could take for its own.
    private const int LargestValue = 65_536;
    private const string Line = "a line with \"quotes\", 'others', `ticks`, $HOME and \\ in it\n";
    private const int Tries = 3;

    private readonly FakesClient _fakes;
    private readonly SecretsView _view;
    private readonly string _awkwardName;
    private readonly string _awkward = string.Concat(Enumerable.Repeat(Line, (LargestValue / Line.Length) + 1))[..LargestValue];

    /// <param name="fakes">Where the emulated account is.</param>
    /// <param name="view">Looks into the workspace's folder.</param>
    /// <param name="random">Seeded: no two lanes' secrets have one name.</param>
    public SecretsScript(FakesClient fakes, SecretsView view, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        (_fakes, _view) = (fakes, view);
        _awkwardName = $"MANY_LINES_{random.Next():X8}{random.Next():X8}";
    }

    public string Feature => Name;

    /// <summary>What the workspace is created with besides its credential.</summary>
    public ImmutableDictionary<string, string> Besides => new Dictionary<string, string>
    {
        ["MOLECULE_SECRETS_DELIVERY"] = "manager",
        ["MOLECULE_SECRETS_REFRESH_SECONDS"] = "2",
        [_awkwardName] = _awkward,
    }.ToImmutableDictionary();

    /// <summary>One with the written credential, and with the rotated one as often as it takes.</summary>
    public int ServedTurns => 3;

    public ImmutableArray<SecretFileSeen> ReadFromManager { get; private set; } = [];

    /// <summary>What was shown; null before the script came to its end.</summary>
    public SecretsShown? Shown { get; private set; }

    /// <summary>Denies everybody to read the secret that only the lane's workspace has, and has the manager be down for it. Before the workspace is created.</summary>
    public async Task DenyAsync(CancellationToken cancellationToken)
    {
        await _fakes.SetAsync(
            new EmulatedGuardrail(
                _awkwardName,
                $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/*/{{_awkwardName}}*"}]}"""),
            cancellationToken).ConfigureAwait(false);
        await _fakes.SetAsync(new EmulatedReaderOutage(_awkwardName, Down: true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Both no more.</summary>
    public async Task AllowAsync(CancellationToken cancellationToken)
    {
        await ComeUpAsync(cancellationToken).ConfigureAwait(false);
        await _fakes.SetAsync(new EmulatedGuardrail(_awkwardName, ""), cancellationToken).ConfigureAwait(false);
    }

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var (variable, credential) = lane.Credential.Secrets.First(s => CredentialFingerprint.Of(s.Value) == lane.Credential.Fingerprint);
        var name = $"molecule/workspaces/{lane.Workspace}/{variable}";
        var booted = WorkspaceWitness.OldestOf(lane.Workspace);
        var down = await AskAsync(lane, cancellationToken).ConfigureAwait(false);
        await lane.UntilAsync(
            "the third try of a secrets manager that is down",
            async token => (await CallsAsync(lane, token).ConfigureAwait(false)).Count(static c => c.Error is "ServiceUnavailable") >= Tries,
            cancellationToken).ConfigureAwait(false);
        await ComeUpAsync(cancellationToken).ConfigureAwait(false);

        await lane.ConfiguredAsync("not_configured", cancellationToken, because: "AccessDenied").ConfigureAwait(false);
        var unreadable = await AskAsync(lane, cancellationToken).ConfigureAwait(false);
        var meanwhile = await lane.RequestsSoFarAsync(cancellationToken).ConfigureAwait(false);

        await AllowAsync(cancellationToken).ConfigureAwait(false);
        await lane.ConfiguredAsync("ready", cancellationToken).ConfigureAwait(false);
        var served = await AskAsync(lane, cancellationToken).ConfigureAwait(false);
        var serving = WorkspaceWitness.OldestOf(lane.Workspace);
        ReadFromManager = _view.Look(lane.Workspace);

        // The session that reads is ended by the way: it has to be renewed.
        var rotated = $"{credential}-rotated";
        await _fakes.ChangeAsync(new EmulatedRoleChange($"workspace-{lane.Workspace}", ExpireSessions: true), cancellationToken).ConfigureAwait(false);
        ImmutableArray<LaneTurn> turns;
        CredentialsSeen? seen = null;
        string? refused = null;
        if (lane.Key.IsLive)
        {
            // No vendor makes a second key for us. One that it does not take shows that the rotated one is used, and the good one again that it is picked up.
            var without = await RotateAsync(lane, name, rotated, static turn => Task.FromResult(!IsAnswered(turn)), cancellationToken).ConfigureAwait(false);

            // An agent that tries its key when it starts has said that it is none with the other one.
            var again = await RotateAsync(lane, name, credential, static turn => Task.FromResult(IsAnswered(turn)), cancellationToken, status: "ready").ConfigureAwait(false);
            turns = [.. without.Select(static turn => turn with { IsServedByNobody = true }), .. again];
            refused = IsAnswered(without[^1]) ? null : Told(without[^1]);
        }
        else
        {
            var print = CredentialFingerprint.Of(rotated);
            lane.Adopt(print);
            await _fakes.AcceptAsync(new AcceptedCredential(lane.Credential.Fake, print, lane.Credential.AccountId), cancellationToken).ConfigureAwait(false);
            turns = await RotateAsync(lane, name, rotated, async turn => await lane.CredentialOfAsync(turn, cancellationToken).ConfigureAwait(false) == print, cancellationToken).ConfigureAwait(false);
            seen = new CredentialsSeen(
                meanwhile, await lane.CredentialOfAsync(served, cancellationToken).ConfigureAwait(false), print, await lane.CredentialOfAsync(turns[^1], cancellationToken).ConfigureAwait(false));
        }

        await _fakes.ChangeAsync(new EmulatedSecretChange(name, null), cancellationToken).ConfigureAwait(false);
        await lane.ConfiguredAsync("not_configured", cancellationToken).ConfigureAwait(false);
        var revoked = await AskAsync(lane, cancellationToken).ConfigureAwait(false);
        Shown = new SecretsShown(
            lane.Workspace, Told(down), booted, Told(unreadable), lane.Credential.Fingerprint, serving, seen, refused, Told(revoked), ReadFromManager, CredentialFingerprint.Of(_awkward),
            await CallsAsync(lane, cancellationToken).ConfigureAwait(false));
        return [down with { IsServedByNobody = true }, unreadable with { IsServedByNobody = true }, served, .. turns, revoked with { IsServedByNobody = true }];
    }

    // Changes the secret at the manager itself and asks until a turn shows it.
    private async Task<ImmutableArray<LaneTurn>> RotateAsync(OpenLane lane, string name, string value, Func<LaneTurn, Task<bool>> shows, CancellationToken cancellationToken, string? status = null)
    {
        var print = CredentialFingerprint.Of(value);
        await _fakes.ChangeAsync(new EmulatedSecretChange(name, value), cancellationToken).ConfigureAwait(false);
        await lane.UntilAsync("the rotated secret in secrets.d", _ => Task.FromResult(_view.Look(lane.Workspace).Any(f => f.Fingerprint == print)), cancellationToken).ConfigureAwait(false);

        // The file comes a moment before the agent that has it: a turn that was quicker was the old one's.
        var turns = ImmutableArray.CreateBuilder<LaneTurn>();
        do
        {
            if (status is not null)
            {
                await lane.ConfiguredAsync(status, cancellationToken).ConfigureAwait(false);
            }

            turns.Add(await AskAsync(lane, cancellationToken).ConfigureAwait(false));
        }
        while (!await shows(turns[^1]).ConfigureAwait(false) && turns.Count < Tries);

        return turns.ToImmutable();
    }

    private static async Task<LaneTurn> AskAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        var words = lane.FreshWords();
        return await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsAnswered(LaneTurn turn) => turn.Reply.Text?.Contains(turn.Right, StringComparison.Ordinal) is true;

    private Task ComeUpAsync(CancellationToken cancellationToken) => _fakes.SetAsync(new EmulatedReaderOutage(_awkwardName, Down: false), cancellationToken);

    private async Task<ImmutableArray<EmulatedAwsCall>> CallsAsync(OpenLane lane, CancellationToken cancellationToken) =>
        [.. (await _fakes.TrailAsync(cancellationToken).ConfigureAwait(false)).Where(c => c.Resource.Contains(lane.Workspace, StringComparison.Ordinal))];

    private static string? Told(LaneTurn turn) => turn.Reply.Error ?? turn.Reply.Text;
}
