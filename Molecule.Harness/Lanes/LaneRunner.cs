using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Controls;
using Molecule.Harness.Credentials;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.Harness.Lanes;

/// <summary>Runs one lane's scripts on one workspace, from create to delete, and reports all that was seen. It judges nothing.</summary>
public sealed class LaneRunner(
    ControlPlaneClient controlPlane,
    FakesClient fakes,
    JournalTail atFakes,
    JournalTail atProxy,
    NegativeControls controls,
    SyntheticCredentials credentials,
    EngineAttestation engines,
    JournalClaims claims,
    LaneWorkspaces workspaces,
    WorkspaceLogs logs,
    TimeProvider clock)
{
    /// <summary>Runs the lane.</summary>
    /// <param name="key">Which.</param>
    /// <param name="model">The model asked for at create.</param>
    /// <param name="control">The endpoint whose fake is put to its negative controls.</param>
    /// <param name="scripts">What is done, in this order.</param>
    /// <param name="random">Seeded by run and lane.</param>
    /// <param name="cancellationToken">Ends the lane; its workspace is deleted all the same.</param>
    /// <param name="besides">Whose key the workspace holds as well and must not use; null for none.</param>
    /// <param name="secrets">What else the workspace is created with; null for nothing.</param>
    /// <exception cref="LaneException">There was no lane to run scripts on; the message holds the workspace's log, journal and last activity.</exception>
    public async Task<LaneRun> RunAsync(
        LaneKey key, string model, ArmRoute control, ImmutableArray<ILaneScript> scripts, Random random, CancellationToken cancellationToken, LaneKey? besides = null,
        ImmutableDictionary<string, string>? secrets = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(control);
        var credential = credentials.Mint(key, random);
        if (besides is not null)
        {
            credential = await HoldBothAsync(credential, credentials.Mint(besides, random), cancellationToken).ConfigureAwait(false);
        }

        credential = credential with { Secrets = credential.Secrets.SetItems(secrets ?? []) };
        await fakes.AcceptAsync(new AcceptedCredential(credential.Fake, credential.Fingerprint, credential.AccountId), cancellationToken).ConfigureAwait(false);
        var controlled = await controls.RunAsync(control, random, cancellationToken).ConfigureAwait(false);

        var template = scripts.Any(static script => script.IsOfATemplate) ? key.Runtime : null;
        var created = await controlPlane.CreateAsync(new WorkspaceWish($"lane {key}", key.Runtime, model, credential.Secrets) { Template = template }, cancellationToken).ConfigureAwait(false);
        if (created.Id is not { } id)
        {
            throw new LaneException($"{key}: create with model '{model}' answered {(int)created.Status} {created.Code}: {created.Error}");
        }

        workspaces.Add(id, key);
        var lane = new OpenLane(key, id, credential, control.Fake, controlPlane, fakes, atFakes, random, clock);
        try
        {
            await OnlineAsync(lane, cancellationToken).ConfigureAwait(false);
            var shown = await RunAsync(lane, scripts, cancellationToken).ConfigureAwait(false);
            var diagnosis = await DiagnoseAsync(lane, cancellationToken).ConfigureAwait(false);

            // Its requests are complete only once it runs no more.
            await controlPlane.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            return await ReportAsync(lane, model, controlled, shown, diagnosis, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new LaneException($"{key}: {e.Message}\n{await DiagnoseAsync(lane, cancellationToken).ConfigureAwait(false)}", e);
        }
    }

    // Both keys are good at their vendors: that the wrong one is not used must not be the vendor's merit.
    private async Task<LaneCredential> HoldBothAsync(LaneCredential own, LaneCredential other, CancellationToken cancellationToken)
    {
        if (own.IsDecoy)
        {
            return other with { IsDecoy = true };
        }

        await fakes.AcceptAsync(new AcceptedCredential(other.Fake, other.Fingerprint, other.AccountId), cancellationToken).ConfigureAwait(false);
        return own with { Secrets = other.Secrets.SetItems(own.Secrets) };
    }

    private async Task OnlineAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        try
        {
            await controlPlane.WaitUntilOnlineAsync(lane.Workspace, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new LaneException($"{lane.Key}: {e.Message}\n{await DiagnoseAsync(lane, cancellationToken).ConfigureAwait(false)}", e);
        }
    }

    // One script's failure is its own cell's; the next one finds out for itself whether the workspace still serves.
    private async Task<ImmutableArray<FeatureRun>> RunAsync(OpenLane lane, ImmutableArray<ILaneScript> scripts, CancellationToken cancellationToken)
    {
        var shown = ImmutableArray.CreateBuilder<FeatureRun>(scripts.Length);
        foreach (var script in scripts)
        {
            ImmutableArray<LaneTurn> turns = [];
            LaneException? lost = null;
            try
            {
                turns = await script.RunAsync(lane, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or HttpRequestException or InvalidOperationException or LaneException)
            {
                lost = new LaneException($"{lane.Key}, {script.Feature}: {e.Message}\n{await DiagnoseAsync(lane, cancellationToken).ConfigureAwait(false)}", e);
            }

            // The heartbeat that ends a degraded state comes a moment after the turn that cured it.
            await lane.StatusAsync("online", cancellationToken).ConfigureAwait(false);
            var after = await controlPlane.FindAsync(lane.Workspace, cancellationToken).ConfigureAwait(false);
            shown.Add(new FeatureRun(script.Feature, turns, after, Engine: null, EngineDoubt: null, lost));
        }

        return shown.MoveToImmutable();
    }

    private async Task<LaneRun> ReportAsync(
        OpenLane lane, string model, ImmutableArray<ControlOutcome> controlled, ImmutableArray<FeatureRun> shown, string diagnosis, CancellationToken cancellationToken)
    {
        var requests = await RequestsOfAsync(lane, cancellationToken).ConfigureAwait(false);
        var run = new LaneRun(
            lane.Key, model, controlled, ImmutableDictionary<string, FeatureRun>.Empty, lane.Issued, requests,
            Decoy: lane.Credential.IsDecoy ? lane.Credential.Fingerprint : null,
            Credential: lane.Credential.IsDecoy ? null : lane.Credential.Fingerprint,
            lane.Boots,
            diagnosis)
        { Refresh = lane.Credential.Refresh };
        foreach (var feature in shown)
        {
            claims.Claim($"{lane.Key}/{feature.Feature}", run.RequestsOf(feature.Turns).Where(static r => r.Hop is not Hop.Proxy).Select(static r => r.Entry));
        }

        run = run with { Features = shown.ToImmutableDictionary(static f => f.Feature, f => Attest(run, lane.Workspace, f)) };
        var shownWords = run.RequestsOf(shown.SelectMany(static f => f.Turns));
        // A login that was refreshed on this lane goes by other tokens than the lane was given.
        var minted = requests.Select(static r => r.Entry.Minted).OfType<MintedTokens>().SelectMany(static m => (string[])[m.Access, m.Refresh]).ToHashSet(StringComparer.Ordinal);
        claims.Ended(entry => IsOf(lane, entry) || (entry.Credential is { } used && minted.Contains(used)));
        claims.Claim(lane.Key.ToString(), run.Requests.Except(shownWords).Where(static r => r.Hop is not Hop.Proxy).Select(static r => r.Entry));
        return run;
    }

    private FeatureRun Attest(LaneRun run, string workspace, FeatureRun feature)
    {
        var (engine, doubt) = engines.Judge(run.Lane.Runtime, workspace, run.RequestsOf(feature.Turns).Where(static r => r.Hop is not Hop.Upstream).Select(static r => r.Entry));
        return feature with { Engine = engine, EngineDoubt = doubt };
    }

    private async Task<ImmutableArray<SeenRequest>> RequestsOfAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        var issued = lane.Issued;
        bool Mine(JournalEntry e) => IsOf(lane, e) || issued.Any(words => words.StandsIn(e.Prompt));
        var direct = await atFakes.ReadAsync(cancellationToken).ConfigureAwait(false);
        var proxied = await atProxy.ReadAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. direct.Where(Mine)
                .Select(static e => new SeenRequest(e.Fake.StartsWith("upstream-", StringComparison.Ordinal) ? Hop.Upstream : Hop.Direct, e))
                .Concat(proxied.Where(Mine).Select(static e => new SeenRequest(Hop.Proxy, e)))
                .OrderBy(static r => r.Entry.At),
        ];
    }

    // An agent's call beside its turns may name its workspace: openclaw's probe does, which the control plane passes on to the vendor.
    private static bool IsOf(OpenLane lane, JournalEntry entry) =>
        entry.Credential == lane.Credential.Fingerprint
        || (entry.Credential is { } used && lane.Adopted.Contains(used))
        || entry.Peer?.Workspace == lane.Workspace
        || entry.Prompt?.Contains(lane.Workspace, StringComparison.Ordinal) is true;

    private async Task<string> DiagnoseAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        var requests = await ToldAsync(async () => (await atFakes.ReadAsync(cancellationToken).ConfigureAwait(false))
            .Where(e => IsOf(lane, e)).TakeLast(10).Select(static e => $"  {e.Fake} {e.Method} {e.Path} {e.Status} {e.Model} {e.Problem}")).ConfigureAwait(false);
        var activities = await ToldAsync(async () => (await controlPlane.ActivitiesAsync(lane.Workspace, cancellationToken).ConfigureAwait(false))
            .Select(static a => $"{a.Type} {a.Method} {a.Status} {a.Error}")).ConfigureAwait(false);
        return $"""
            journal (last 10):
            {string.Join('\n', requests)}
            workspace log (last lines):
            {logs.Tail(lane.Workspace)}
            last activity: {activities.FirstOrDefault() ?? "none"}
            """;
    }

    // Who asks has failed already: that a part cannot be asked any more must not stand in the place of the cause.
    private static async Task<IEnumerable<string>> ToldAsync(Func<Task<IEnumerable<string>>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            return [$"  cannot be asked: {e.Message}"];
        }
    }
}
