using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>
/// What a passed record must show beyond its own word: that it was this run's graph, the engine that the run locked, the address
/// that the mode says and, on a legal pair, the arm's endpoint and no other. A second line behind the cell's own assertions.
/// </summary>
internal static class EvidenceRules
{
    /// <summary>The first rule that the record breaks, as a code and a detail; null when it proves its cell.</summary>
    public static string? Broken(ExpectedCell expected, LedgerCell record, LedgerStart start)
    {
        if (record.Evidence is not { } evidence || string.IsNullOrWhiteSpace(evidence.Answer))
        {
            return "no-evidence: the record says passed and shows nothing";
        }

        if (record.GraphRun != start.Run)
        {
            return $"foreign-graph: the graph answered as run '{record.GraphRun}', not as {start.Run}";
        }

        if (expected.IsTurnOnArm && (string.IsNullOrEmpty(evidence.Activity) || string.IsNullOrEmpty(evidence.Trace)))
        {
            return "no-trail: the record names no activity row or no trace, by which one turn is told from another";
        }

        return BrokenByMode(expected, record) ?? BrokenByEngine(expected, record.Engine, start) ?? BrokenByRequests(expected, record, evidence);
    }

    private static string? BrokenByMode(ExpectedCell expected, LedgerCell record)
    {
        // A cell that reaches no vendor has no address that could tell the mode; one on a legal pair always reaches its arm's.
        var agrees = (record.Reached, expected.Id.Mode) switch
        {
            (null, _) => !expected.IsTurnOnArm && record.Evidence!.Requests.IsEmpty,
            (ReachedMode.Mock, CellMode.Mock) => true,
            (ReachedMode.Live or ReachedMode.LiveStandIn, CellMode.Live) => true,
            _ => false,
        };
        return agrees ? null : $"wrong-mode: the address reached was {Word(record.Reached)}, the cell is {Word(expected.Id.Mode)}";
    }

    private static string? BrokenByEngine(ExpectedCell expected, EngineIdentity? engine, LedgerStart start)
    {
        var isDrivenByAgent = expected.Id.Runtime is not null && !expected.IsRefusal;
        if (engine is null)
        {
            return isDrivenByAgent ? "no-engine: the record does not say what ran" : null;
        }

        if (isDrivenByAgent && engine.Name != expected.Id.Runtime)
        {
            return $"wrong-engine: {engine} ran";
        }

        if (engine.Kind is EngineKind.Real && !start.Engines.Any(file => file.Name == engine.Name && file.Version == engine.Version))
        {
            return $"unknown-engine: {engine} is none of the run's engines";
        }

        return engine.Kind is EngineKind.Emulated && expected.Emulated is EmulatedPolicy.MayNotGate
            ? $"emulated: {engine} may not gate this feature"
            : null;
    }

    private static string? BrokenByRequests(ExpectedCell expected, LedgerCell record, CellEvidence evidence)
    {
        switch (expected)
        {
            case { IsRefusal: true }:
                return evidence.Requests is [var first, ..] ? $"refused-arm-hit: {Describe(first)}" : null;
            // Live traffic is seen where it passes us; mock traffic always ends at a journal of ours.
            case { IsTurnOnArm: true } when record.Reached is ReachedMode.Mock && !evidence.Requests.Any(request => IsOfTheArm(request.Fake, expected.Id.Arm!)):
                return "no-request: the arm's endpoint was not hit";
            case { IsTurnOnArm: true } when evidence.Requests.FirstOrDefault(request => !Belongs(request)) is { } stray:
                return $"wrong-endpoint: {Describe(stray)}";
            default:
                return null;
        }

        bool Belongs(RequestEvidence request) =>
            IsOfTheArm(request.Fake, expected.Id.Arm!)
            || (request.Hop is Hop.Upstream && request.Fake.StartsWith("upstream-", StringComparison.Ordinal) && evidence.Requests.Any(other => other.Hop is Hop.Proxy));
    }

    // A vendor may serve an arm at more than one origin: kimi-coding-moonshot is kimi-coding's.
    private static bool IsOfTheArm(string fake, string arm) => fake == arm || fake.StartsWith(arm + "-", StringComparison.Ordinal);

    private static string Describe(RequestEvidence request) => $"{request.Method} {request.Path} at {request.Fake}";

    private static string Word(ReachedMode? mode) => mode switch
    {
        null => "not recorded",
        ReachedMode.LiveStandIn => "live (stand-in)",
        { } known => known.ToString().ToLowerInvariant(),
    };

    private static string Word(CellMode mode) => mode.ToString().ToLowerInvariant();
}
