using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Ledger;

/// <summary>One line of a ledger.</summary>
public abstract record LedgerRecord;

/// <summary>The first line: what the run is and what it must account for.</summary>
/// <param name="Schema">1.</param>
/// <param name="Run">The run's id; it seeds the chain.</param>
/// <param name="Started">Before the graph came up.</param>
/// <param name="Request">Mode, filter, required and present capabilities.</param>
/// <param name="Graph">The Aspire engine.</param>
/// <param name="Commit">The source's commit; null outside a repository.</param>
/// <param name="Dirty">SHA-256 over what differs from the commit; null when nothing does.</param>
/// <param name="Sources">Hashes of the files that the expectation was computed from.</param>
/// <param name="Engines">The agent programs of this run.</param>
/// <param name="Expected">Every expected cell with its disposition.</param>
public sealed record LedgerStart(
    int Schema,
    string Run,
    DateTimeOffset Started,
    RunRequest Request,
    GraphEngine Graph,
    string? Commit,
    string? Dirty,
    ExpectationSources Sources,
    ImmutableArray<EngineFile> Engines,
    ImmutableArray<ExpectedCell> Expected) : LedgerRecord
{
    /// <summary>The schema that this program writes and reads.</summary>
    public const int CurrentSchema = 1;
}

/// <summary>The Aspire engine of the graph: <c>Aspire 13.5.2</c>, real or offline.</summary>
public sealed record GraphEngine(string Engine, GraphKind Kind);

/// <summary>Which of the two engines it is.</summary>
public enum GraphKind
{
    /// <summary>Aspire's own packages.</summary>
    Real,

    /// <summary>Molecule.AspireOffline.</summary>
    Offline,
}

/// <summary>An agent program: its name, the version it printed, the SHA-256 of its file.</summary>
public sealed record EngineFile(string Name, string Version, string Sha256);

/// <summary>What one attempt at one cell left behind.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Attempt">From 1; every attempt is recorded.</param>
/// <param name="Outcome">The test's own word.</param>
/// <param name="Reason">Required for failed and unchecked: a code and a detail.</param>
/// <param name="Engine">What really ran; null where no agent does (refusal).</param>
/// <param name="GraphRun">The run id that the graph's health answered when the cell ran.</param>
/// <param name="Reached">Derived from the address reached and the key's fingerprint, never from a flag; null where no vendor endpoint is involved.</param>
/// <param name="Evidence">What was seen.</param>
public sealed record LedgerCell(
    CellId Cell,
    int Attempt,
    CellOutcome Outcome,
    string? Reason,
    EngineIdentity? Engine,
    string GraphRun,
    ReachedMode? Reached,
    CellEvidence? Evidence) : LedgerRecord;

/// <summary>A <see cref="LedgerCell"/> as its line holds it: the evidence by its hash.</summary>
internal sealed record StoredCell(
    CellId Cell,
    int Attempt,
    CellOutcome Outcome,
    string? Reason,
    EngineIdentity? Engine,
    string GraphRun,
    ReachedMode? Reached,
    string? Evidence) : LedgerRecord
{
    public static StoredCell Of(LedgerCell cell, string? evidence) =>
        new(cell.Cell, cell.Attempt, cell.Outcome, cell.Reason, cell.Engine, cell.GraphRun, cell.Reached, evidence);

    public LedgerCell With(CellEvidence? evidence) => new(Cell, Attempt, Outcome, Reason, Engine, GraphRun, Reached, evidence);
}

/// <summary>The outcome that a cell's own test recorded.</summary>
public enum CellOutcome
{
    Passed,
    Failed,

    /// <summary>The cell found at run time that it cannot look: a credential that the vendor refuses.</summary>
    Unchecked,
}

/// <summary>Whose endpoint a cell's requests reached.</summary>
public enum ReachedMode
{
    /// <summary>Our fakes.</summary>
    Mock,

    /// <summary>The vendor.</summary>
    Live,

    /// <summary>Somebody else's server on loopback in the vendor's place.</summary>
    LiveStandIn,
}

/// <summary>What the test platform said of one test, written by a session consumer, not by the test.</summary>
/// <param name="Cell">The cell that the test is; null for a test that is none.</param>
/// <param name="Test">Its display name.</param>
/// <param name="Uid">The platform's id of the test node.</param>
/// <param name="Outcome">The platform's word.</param>
/// <param name="Detail">Message of a failure or skip.</param>
public sealed record LedgerResult(CellId? Cell, string Test, string Uid, TestOutcome Outcome, string? Detail) : LedgerRecord;

/// <summary>The test platform's final states (Microsoft.Testing.Platform's TestNodeStateProperty).</summary>
public enum TestOutcome
{
    Passed,
    Failed,
    Skipped,

    /// <summary>An error outside the test's own assertions, a timeout or a cancellation.</summary>
    Error,
}

/// <summary>The last line. A ledger without it belongs to a run that was cut short.</summary>
/// <param name="Ended">After the last cell.</param>
/// <param name="Cells">Number of cell lines.</param>
/// <param name="Results">Number of result lines.</param>
/// <param name="Problems">What failed the run as a whole: requests that belong to no cell, a graph that was lost.</param>
public sealed record LedgerEnd(DateTimeOffset Ended, int Cells, int Results, ImmutableArray<RunProblem> Problems) : LedgerRecord
{
    /// <summary>How often a workspace of each runtime was started, by the count of the lanes; null where the run had none.</summary>
    public ImmutableSortedDictionary<string, int>? Boots { get; init; }
}

/// <summary>Something that fails the run and not one cell.</summary>
/// <param name="Code">Kebab-case: <c>unclaimed-request</c>, <c>graph-lost</c>.</param>
/// <param name="Detail">What a person needs to find it.</param>
public sealed record RunProblem(string Code, string Detail)
{
    public override string ToString() => $"{Code}: {Detail}";
}
