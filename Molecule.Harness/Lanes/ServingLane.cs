using System.Collections.Immutable;
using System.Diagnostics;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Controls;
using Molecule.Harness.Credentials;
using Molecule.Harness.Engines;

namespace Molecule.Harness.Lanes;

/// <summary>Runs one lane's serving turn from create to delete and reports all that was seen. It judges nothing.</summary>
public sealed class ServingLane(
    ControlPlaneClient controlPlane,
    FakesClient fakes,
    NegativeControls controls,
    SyntheticCredentials credentials,
    EngineAttestation engines,
    JournalClaims claims,
    WorkspaceLogs logs,
    TimeProvider clock)
{
    /// <summary>Runs the lane.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="model">The model asked for at create.</param>
    /// <param name="control">The endpoint whose fake is put to its negative controls.</param>
    /// <param name="random">Seeded by run and lane.</param>
    /// <param name="cancellationToken">Ends the lane; its workspace is deleted all the same.</param>
    /// <exception cref="LaneException">A step failed; the message holds the workspace's log, journal and last activity.</exception>
    public async Task<ServingRun> RunAsync(LaneKey lane, string model, ArmRoute control, Random random, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(control);
        var words = WordPair.Fresh(random);
        var credential = credentials.Mint(lane, random);
        await fakes.AcceptAsync(new AcceptedCredential(credential.Fake, credential.Fingerprint, credential.AccountId), cancellationToken).ConfigureAwait(false);
        var controlled = await controls.RunAsync(control, random, cancellationToken).ConfigureAwait(false);

        var created = await controlPlane.CreateAsync(new WorkspaceWish($"lane {lane}", lane.Runtime, model, credential.Secrets), cancellationToken).ConfigureAwait(false);
        if (created.Id is not { } id)
        {
            throw new LaneException($"{lane}: create with model '{model}' answered {(int)created.Status} {created.Code}: {created.Error}");
        }

        try
        {
            await controlPlane.WaitUntilOnlineAsync(id, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
            var traceId = ActivityTraceId.CreateRandom().ToHexString();
            var reply = await TurnAsync(id, words, $"00-{traceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01", cancellationToken).ConfigureAwait(false);
            var activity = await ActivityOfAsync(id, words, cancellationToken).ConfigureAwait(false);
            var after = await controlPlane.FindAsync(id, cancellationToken).ConfigureAwait(false)
                ?? throw new LaneException($"{lane}: the workspace {id} is gone after its turn.");

            var diagnosis = await DiagnoseAsync(id, credential, cancellationToken).ConfigureAwait(false);

            // Its requests are complete only once it runs no more.
            await controlPlane.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            var requests = await RequestsOfAsync(id, words, credential, cancellationToken).ConfigureAwait(false);
            claims.Claim(lane.ToString(), requests.Where(static r => r.Hop is not Hop.Proxy).Select(static r => r.Entry));
            var (engine, doubt) = engines.Judge(lane.Runtime, requests.Where(r => r.Hop is not Hop.Upstream && words.StandsIn(r.Entry.Prompt)).Select(static r => r.Entry));
            return new ServingRun(
                lane, words, model, created, reply, requests, controlled, activity, after,
                Decoy: lane.Arm == "platform" ? credential.Fingerprint : null,
                Credential: lane.Arm == "platform" ? null : credential.Fingerprint,
                traceId, engine, doubt, diagnosis);
        }
        catch (Exception e) when (e is TimeoutException or HttpRequestException or InvalidOperationException)
        {
            throw new LaneException($"{lane}: {e.Message}\n{await DiagnoseAsync(id, credential, cancellationToken).ConfigureAwait(false)}", e);
        }
    }

    private async Task<TurnReply> TurnAsync(string id, WordPair words, string traceParent, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadlines.Turn);
        try
        {
            return await controlPlane.SendMessageAsync(id, words.Prompt, traceParent, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {Deadlines.Turn.TotalSeconds:0} s for the reply to message/send on workspace {id}.");
        }
    }

    private Task<ActivityRow> ActivityOfAsync(string id, WordPair words, CancellationToken cancellationToken)
    {
        ImmutableArray<ActivityRow> last = [];
        return Awaiting.UntilAsync(
            $"the activity row of the turn on workspace {id}",
            async token =>
            {
                last = await controlPlane.ActivitiesAsync(id, token).ConfigureAwait(false);
                return last.FirstOrDefault(a => a.Method == "message/send" && words.StandsIn(a.RequestBody));
            },
            () => $"{last.Length} rows: {string.Join(", ", last.Select(static a => $"{a.Type} {a.Method} {a.Status}"))}",
            Deadlines.ActivityRow,
            clock,
            cancellationToken);
    }

    private async Task<ImmutableArray<SeenRequest>> RequestsOfAsync(string id, WordPair words, LaneCredential credential, CancellationToken cancellationToken)
    {
        var atFakes = await fakes.JournalAsync(0, cancellationToken).ConfigureAwait(false);
        var atProxy = await controlPlane.LlmJournalAsync(0, cancellationToken).ConfigureAwait(false);
        bool Mine(JournalEntry e) => e.Credential == credential.Fingerprint || e.Peer?.Workspace == id || words.StandsIn(e.Prompt);
        return
        [
            .. atFakes.Entries.Where(Mine)
                .Select(static e => new SeenRequest(e.Fake.StartsWith("upstream-", StringComparison.Ordinal) ? Hop.Upstream : Hop.Direct, e))
                .Concat(atProxy.Entries.Where(Mine).Select(static e => new SeenRequest(Hop.Proxy, e)))
                .OrderBy(static r => r.Entry.At),
        ];
    }

    private async Task<string> DiagnoseAsync(string id, LaneCredential credential, CancellationToken cancellationToken)
    {
        var journal = await fakes.JournalAsync(0, cancellationToken).ConfigureAwait(false);
        var activities = await controlPlane.ActivitiesAsync(id, cancellationToken).ConfigureAwait(false);
        var requests = journal.Entries.Where(e => e.Credential == credential.Fingerprint || e.Peer?.Workspace == id).TakeLast(10)
            .Select(static e => $"  {e.Fake} {e.Method} {e.Path} {e.Status} {e.Model} {e.Problem}");
        return $"""
            journal (last 10):
            {string.Join('\n', requests)}
            workspace log (last lines):
            {logs.Tail(id)}
            last activity: {activities.Select(static a => $"{a.Type} {a.Method} {a.Status} {a.Error}").FirstOrDefault() ?? "none"}
            """;
    }
}
