using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Clients;
using Molecule.Harness.Credentials;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Spend;

namespace Molecule.Harness.Live;

/// <summary>
/// Runs a lane's scripts against its vendor. They are the scripts of the mock lanes; what differs is who attests: no fake sees the agent, so its
/// program and the address it was given are read from the kernel.
/// </summary>
public sealed class LiveLaneRunner(
    ControlPlaneClient controlPlane,
    FakesClient fakes,
    JournalTail atFakes,
    LiveCredentials credentials,
    SpendBook spend,
    EngineAttestation engines,
    WorkspaceWitness witness,
    WorkspaceLogs logs,
    TimeProvider clock)
{
    /// <summary>Runs the lane.</summary>
    /// <exception cref="LiveUncheckedException">It cannot be looked at: the key is refused, or there is no price or no money.</exception>
    /// <exception cref="LaneException">It failed.</exception>
    public async Task<LaneRun> RunAsync(LaneKey key, string model, ImmutableArray<ILaneScript> scripts, Random random, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (credential, keyVariable, urlVariable) = credentials.Of(key);
        spend.Begin(key.ToString(), model);
        LaneRun? run = null;
        string? over;
        try
        {
            run = await RunAsync(key, model, scripts, random, credential, keyVariable, urlVariable, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            over = spend.End(key.ToString(), Used(run));
        }

        return over is null ? run : throw new LaneException($"{key}: {over}");
    }

    private async Task<LaneRun> RunAsync(
        LaneKey key, string model, ImmutableArray<ILaneScript> scripts, Random random, LaneCredential credential, string keyVariable, string urlVariable, CancellationToken cancellationToken)
    {
        var created = await controlPlane.CreateAsync(new WorkspaceWish($"lane {key}", key.Runtime, model, credential.Secrets), cancellationToken).ConfigureAwait(false);
        if (created.Id is not { } id)
        {
            throw new LaneException($"{key}: create with model '{model}' answered {(int)created.Status} {created.Code}: {created.Error}");
        }

        var lane = new OpenLane(key, id, credential, key.Arm, controlPlane, fakes, atFakes, random, clock);
        try
        {
            await controlPlane.WaitUntilOnlineAsync(id, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
            var reached = Reached(key, WorkspaceWitness.GivenTo(id, keyVariable, urlVariable), credential.Fingerprint, keyVariable, urlVariable);
            var features = ImmutableDictionary.CreateBuilder<string, FeatureRun>();
            foreach (var script in scripts)
            {
                features[script.Feature] = await RunAsync(lane, script, cancellationToken).ConfigureAwait(false);
            }

            var requests = await AtFakesAsync(lane, cancellationToken).ConfigureAwait(false);
            await controlPlane.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            return new LaneRun(key, model, [], features.ToImmutable(), lane.Issued, requests, null, credential.Fingerprint, lane.Boots, $"workspace log (last lines):\n{logs.Tail(id)}") { LiveReached = reached };
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or InvalidOperationException)
        {
            throw new LaneException($"{key}: {e.Message}\nworkspace log (last lines):\n{logs.Tail(id)}", e);
        }
    }

    private async Task<FeatureRun> RunAsync(OpenLane lane, ILaneScript script, CancellationToken cancellationToken)
    {
        var ((turns, lost), seen) = await witness.WhileAsync(lane.Workspace, token => RunOrLoseAsync(lane, script, token), cancellationToken).ConfigureAwait(false);
        var (engine, doubt) = engines.JudgeProcesses(lane.Key.Runtime, lane.Workspace, seen);
        return new FeatureRun(script.Feature, turns, await controlPlane.FindAsync(lane.Workspace, cancellationToken).ConfigureAwait(false), engine, doubt, lost);
    }

    private async Task<(ImmutableArray<LaneTurn> Turns, LaneException? Lost)> RunOrLoseAsync(OpenLane lane, ILaneScript script, CancellationToken cancellationToken)
    {
        try
        {
            return (await script.RunAsync(lane, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception e) when (e is TimeoutException or HttpRequestException or InvalidOperationException or LaneException)
        {
            return ([], new LaneException($"{lane.Key}, {script.Feature}: {e.Message}\nworkspace log (last lines):\n{logs.Tail(lane.Workspace)}", e));
        }
    }

    private ReachedMode Reached(LaneKey key, ImmutableDictionary<string, string?> given, string fingerprint, string keyVariable, string urlVariable)
    {
        var arm = LiveArms.Find(key.Arm) ?? throw new LaneException($"{key}: the arm has no live path.");
        if (given[keyVariable] is not { Length: > 0 } held || CredentialFingerprint.Of(held) != fingerprint)
        {
            throw new LaneException($"{key}: the workspace does not hold the live key as {keyVariable}.");
        }

        var url = given[urlVariable] is { Length: > 0 } text ? new Uri(text) : null;
        var reached = LiveAddress.Of(arm, url, fakes.Address, LiveAddress.Resolve);
        return reached is ReachedMode.Mock
            ? throw new LaneException($"{key}: {urlVariable} of the workspace is {url}, which is our own fakes: a live cell cannot be proven by them. Unset {LiveArms.UrlVariableOf(key.Arm)}, or name another server.")
            : reached;
    }

    // A live turn must not reach our fakes by any way.
    private async Task<ImmutableArray<SeenRequest>> AtFakesAsync(OpenLane lane, CancellationToken cancellationToken) =>
    [
        .. (await atFakes.ReadAsync(cancellationToken).ConfigureAwait(false))
            .Where(e => e.Credential == lane.Credential.Fingerprint || e.Peer?.Workspace == lane.Workspace || lane.Issued.Any(words => words.StandsIn(e.Prompt)))
            .Select(static e => new SeenRequest(Hop.Direct, e)),
    ];

    // One turn that reports nothing makes the sum unknown.
    private static TokenCount? Used(LaneRun? run)
    {
        var counts = run?.Features.Values.SelectMany(static f => f.Turns).Select(static t => t.Reply.Tokens).ToList() ?? [];
        return counts.Count == 0 || counts.Contains(null) ? null : new TokenCount(counts.Sum(static c => c!.Input), counts.Sum(static c => c!.Output));
    }
}
