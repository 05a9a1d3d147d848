using System.Collections.Immutable;

namespace Molecule.Harness.Chaos;

/// <summary>One process that was killed.</summary>
/// <param name="After">Since the gate's start.</param>
/// <param name="Part">What part of the run it was.</param>
/// <param name="ProcessId">Its process id.</param>
public sealed record Kill(TimeSpan After, string Part, int ProcessId);

/// <summary>What one gate under kill -9 amounted to.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Run">The run's id.</param>
/// <param name="Selection">Which cells the gate was to run.</param>
/// <param name="Took">From its start until it had ended.</param>
/// <param name="Kills">In the order of killing.</param>
/// <param name="ExitCode">The gate's; null where the gate's own process was killed.</param>
/// <param name="Covered">Cells that the ledger proves.</param>
/// <param name="LedgerSays">The verdict's findings over the ledger that was left.</param>
/// <param name="Violations">What must never be: an orphan, a folder or a container left, a covered cell without evidence, an exit code that its ledger does not bear out, a report half-written.</param>
public sealed record ChaosRound(
    int Number,
    string Run,
    string Selection,
    TimeSpan Took,
    ImmutableArray<Kill> Kills,
    int? ExitCode,
    int Covered,
    ImmutableArray<string> LedgerSays,
    ImmutableArray<string> Violations);
