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
using Molecule.Harness.Logins;
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
    OneUseLogin login,
    WorkspaceLogin inWorkspace,
    SpendBook spend,
    EngineAttestation engines,
    WorkspaceWitness witness,
    WorkspaceLogs logs,
    TimeProvider clock)
{
    /// <summary>Runs the lane. The first script is the lane's own condition: where it is not let go, there is no workspace.</summary>
    /// <exception cref="LiveUncheckedException">It cannot be looked at: the key is refused, or there is no price or no money.</exception>
    /// <exception cref="LaneException">It failed.</exception>
    public async Task<LaneRun> RunAsync(
        LaneKey key, string model, ImmutableArray<ILaneScript> scripts, Random random, CancellationToken cancellationToken, ImmutableDictionary<string, string>? secrets = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (credential, keyVariable, urlVariable) = await credentials.OfAsync(key, cancellationToken).ConfigureAwait(false);
        credential = credential with { Secrets = credential.Secrets.SetItems(secrets ?? []) };
        var open = Begin(key, scripts[0], model);
        try
        {
            var lane = await CreateAsync(key, model, credential, random, cancellationToken).ConfigureAwait(false);
            var id = lane.Workspace;
            try
            {
                await controlPlane.WaitUntilOnlineAsync(id, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
                var given = WorkspaceWitness.GivenTo(id, keyVariable, urlVariable);

                // Before a turn is paid for, where it can be told by then.
                ReachedMode? reached = given[keyVariable] is null ? null : Reached(key, given, credential.Fingerprint, keyVariable, urlVariable);
                var features = ImmutableDictionary.CreateBuilder<string, FeatureRun>();
                foreach (var script in scripts)
                {
                    try
                    {
                        open ??= Begin(key, script, model);
                    }
                    catch (LiveUncheckedException e)
                    {
                        features[script.Feature] = new FeatureRun(script.Feature, [], After: null, Engine: null, EngineDoubt: null, Lost: null) { Unchecked = e };
                        continue;
                    }

                    var feature = await RunAsync(lane, script, cancellationToken).ConfigureAwait(false);
                    var over = spend.End(open, Used(feature));
                    open = null;
                    features[script.Feature] = over is null ? feature : feature with { Lost = new LaneException($"{key}: {over}") };
                }

                if (features.Values.All(static f => f.Lost is null))
                {
                    reached ??= Reached(key, With(given, scripts, credential), credential.Fingerprint, keyVariable, urlVariable);
                }

                var requests = await AtFakesAsync(lane, cancellationToken).ConfigureAwait(false);
                await controlPlane.DeleteAsync(id, cancellationToken).ConfigureAwait(false);

                // A lane that ends otherwise is looked at once more at the run's end.
                login.Watch(null);
                return new LaneRun(key, model, [], features.ToImmutable(), lane.Issued, requests, null, credential.Fingerprint, lane.Boots, $"workspace log (last lines):\n{logs.Tail(id)}")
                {
                    LiveReached = reached,
                };
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException or InvalidOperationException)
            {
                throw new LaneException($"{key}: {e.Message}\nworkspace log (last lines):\n{logs.Tail(id)}", e);
            }
        }
        finally
        {
            if (open is not null)
            {
                spend.End(open, used: null);
            }
        }
    }

    private string Begin(LaneKey key, ILaneScript script, string model)
    {
        var cell = $"{key}/{script.Feature}";
        spend.Begin(cell, model, script.ServedTurns, script.InputBesides);
        return cell;
    }

    private async Task<OpenLane> CreateAsync(LaneKey key, string model, LaneCredential credential, Random random, CancellationToken cancellationToken)
    {
        var created = await controlPlane.CreateAsync(new WorkspaceWish($"lane {key}", key.Runtime, model, credential.Secrets), cancellationToken).ConfigureAwait(false);
        if (created.Id is not { } id)
        {
            throw new LaneException($"{key}: create with model '{model}' answered {(int)created.Status} {created.Code}: {created.Error}");
        }

        if (key.Arm == OneUseLogin.Arm)
        {
            login.Watch(token => inWorkspace.LookAsync(id, token));
        }

        return new OpenLane(key, id, credential, key.Arm, controlPlane, fakes, atFakes, random, clock);
    }

    private async Task<FeatureRun> RunAsync(OpenLane lane, ILaneScript script, CancellationToken cancellationToken)
    {
        var ((turns, lost), seen) = await witness.WhileAsync(lane.Workspace, token => RunOrLoseAsync(lane, script, token), cancellationToken).ConfigureAwait(false);
        var (engine, doubt) = engines.JudgeProcesses(lane.Key.Runtime, lane.Workspace, seen);
        if (lane.Key.Arm != OneUseLogin.Arm)
        {
            return new FeatureRun(script.Feature, turns, await controlPlane.FindAsync(lane.Workspace, cancellationToken).ConfigureAwait(false), engine, doubt, lost);
        }

        // design.md 6: back where it came from before the turn is reported. The platform, which is told as well, starts the workspace anew for it.
        if (await login.TakeBackAsync(CancellationToken.None).ConfigureAwait(false) is { } problem)
        {
            lost = new LaneException($"{lane.Key}: {problem}");
        }

        var after = login.IsRefreshedElsewhere
            ? await controlPlane.WaitUntilOnlineAsync(lane.Workspace, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false)
            : await controlPlane.FindAsync(lane.Workspace, cancellationToken).ConfigureAwait(false);
        return new FeatureRun(script.Feature, turns, after, engine, doubt, lost);
    }

    // What a workspace reads from the secrets manager stands in no process's first environment, but in the files that it makes of it.
    private static ImmutableDictionary<string, string?> With(ImmutableDictionary<string, string?> given, ImmutableArray<ILaneScript> scripts, LaneCredential credential)
    {
        foreach (var file in scripts.SelectMany(static script => script.ReadFromManager).Where(file => given.ContainsKey(file.Name)))
        {
            var written = credential.Secrets.GetValueOrDefault(file.Name);
            given = written is not null && CredentialFingerprint.Of(written) == file.Fingerprint
                ? given.SetItem(file.Name, written)
                : throw new LaneException($"secrets.d/{file.Name} holds something else than was written for the lane: nobody can tell whom it reaches.");
        }

        return given;
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
    private static TokenCount? Used(FeatureRun run)
    {
        var counts = run.Turns.Select(static t => t.Reply.Tokens ?? (t.IsServedByNobody ? new TokenCount(0, 0) : null)).ToList();
        return counts.Count == 0 || counts.Contains(null) ? null : new TokenCount(counts.Sum(static c => c!.Input), counts.Sum(static c => c!.Output));
    }
}
