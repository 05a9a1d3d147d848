using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Egress;
using Molecule.Harness.Lanes;
using Molecule.Harness.Runs;

namespace Molecule.E2E.Tests.Egress;

/// <summary>Watches what an isolated run dials; does nothing in one that is not isolated, whose cells of the feature are unchecked.</summary>
internal sealed class RunEgress : IAsyncDisposable
{
    // Source: spec/driving-the-runtimes.md 3, strace of a boot; docs/decisions/0010-node-programs.md.
    private static readonly ImmutableArray<ToleratedLookUp> _tolerated =
        [new("openclaw", "clawhub.ai", "its feed of plugins, asked for once a boot whatever its settings say")];

    private readonly EgressLog? _log;
    private readonly EgressSink? _sink;
    private readonly string _run;

    private RunEgress(EgressLog? log, EgressSink? sink, string run) => (_log, _sink, _run) = (log, sink, run);

    /// <summary>Which workspace is whose.</summary>
    public LaneWorkspaces Workspaces { get; } = new();

    /// <summary>Listens, ahead of everything that might dial.</summary>
    public static RunEgress Begin(CellRun run)
    {
        if (!IsolatedNetwork.IsHere())
        {
            return new RunEgress(null, null, run.Options.RunId);
        }

        var log = new EgressLog(Path.Combine(run.Folder, "egress.jsonl"));
        return new RunEgress(log, EgressSink.OfAllAddresses(log, run.Clock), run.Options.RunId);
    }

    /// <summary>Fires a runtime's positive control and judges what all its lanes have dialled, once all lanes of the run have ended.</summary>
    /// <exception cref="LaneException">The control did not fire, or a lane has dialled.</exception>
    public async Task<CellRecord> JudgeAsync(string runtime, ImmutableArray<LaneRun> lanes, CancellationToken cancellationToken)
    {
        var log = _log ?? throw new LaneException("this run is not isolated.");
        var (lane, engine) = lanes.Where(l => l.Lane.Runtime == runtime).SelectMany(static l => l.Features.Values.Select(f => (l, f.Engine))).FirstOrDefault(static p => p.Engine is not null);
        if (engine is null)
        {
            throw new LaneException($"no lane of {runtime} has served a turn, so nothing ran that could have dialled.");
        }

        // Not by the lane's key: a side lane of the same key has a workspace of its own.
        var served = lane.Requests
            .Where(r => lane.Issued.Any(words => words.StandsIn(r.Entry.Prompt)))
            .Select(static r => r.Entry.Peer)
            .FirstOrDefault(p => p?.Workspace is { } id && Workspaces.All.TryGetValue(id, out var of) && of == lane.Lane)
            ?? throw new LaneException($"{lane.Lane}: no request tells which program served it.");
        var control = await new EgressControl(log, _run, TimeProvider.System).RunAsync(served.Executable, served.Workspace!, cancellationToken);

        var judge = new EgressJudge(Workspaces.All, _tolerated);
        var attempts = log.Attempts;
        if (judge.RedOf(runtime, attempts) is { IsEmpty: false } red)
        {
            throw new LaneException($"{red.Length} attempt(s) to reach the outside: {string.Join("; ", red)}");
        }

        var watched = Workspaces.All.Where(w => w.Value.Runtime == runtime).Select(static w => $"{w.Value} ({w.Key})").Order(StringComparer.Ordinal);
        return new CellRecord(
            engine,
            null,
            new CellEvidence(
                $"control: {control} as {lane.Lane}; beside it: {(judge.ToleratedOf(runtime, attempts) is { IsEmpty: false } some ? string.Join(", ", some) : "nothing")}; watched: {string.Join(", ", watched)}",
                [], null, null, 0, null));
    }

    /// <summary>What the services have dialled, once the graph has stopped.</summary>
    public IEnumerable<RunProblem> Problems() =>
        _log is null ? [] : new EgressJudge(Workspaces.All, _tolerated).RedOfTheGraph(_log.Attempts).Select(static text => new RunProblem("egress", text));

    public async ValueTask DisposeAsync()
    {
        if (_sink is not null)
        {
            await _sink.DisposeAsync();
        }

        _log?.Dispose();
    }
}
