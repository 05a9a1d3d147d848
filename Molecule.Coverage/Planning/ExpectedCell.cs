using System.Text.Json.Serialization;

namespace Molecule.Coverage.Planning;

/// <summary>Which runtime x arm pairs a cell stands on.</summary>
public enum PairKind
{
    /// <summary>The cell does not stand on a pair: one of its axes is <c>-</c>.</summary>
    None,

    /// <summary>A pair that providers.yaml offers.</summary>
    Legal,

    /// <summary>A pair of the matrix that it does not offer.</summary>
    Refused,
}

/// <summary>Whether an emulated runtime may prove a feature.</summary>
public enum EmulatedPolicy
{
    /// <summary>A pass by an emulated runtime leaves the cell uncovered.</summary>
    MayNotGate,

    /// <summary>A pass by an emulated runtime covers the cell; it is counted apart.</summary>
    MayGate,
}

/// <summary>What is to happen to an expected cell in a run. All but the first three are decided before discovery: they are no test cases.</summary>
public enum Disposition
{
    /// <summary>It runs and gates.</summary>
    Run,

    /// <summary>It runs and must fail: a pass is red (the entry is stale).</summary>
    KnownFailing,

    /// <summary>It runs; its outcome is shown and does not gate.</summary>
    Quarantined,

    /// <summary>Accepted in writing as not built yet.</summary>
    Pending,

    /// <summary>Excluded in writing for good.</summary>
    NotApplicable,

    /// <summary>The machine lacks something that it needs.</summary>
    Unchecked,

    /// <summary>The run's filter or shard leaves it out.</summary>
    NotSelected,
}

/// <summary>One cell that a run must account for.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Gate">Always <c>required</c>: a cell that cannot gate yet is written down as pending.</param>
/// <param name="Pairs">What its axes are.</param>
/// <param name="Emulated">See <see cref="EmulatedPolicy"/>.</param>
/// <param name="Disposition">See <see cref="Planning.Disposition"/>.</param>
/// <param name="Reason">A code and a detail (<c>no-credential: E2E_GROQ_API_KEY</c>, <c>filtered</c>) where there is no entry.</param>
/// <param name="Lacks">The capability whose absence makes it unchecked.</param>
/// <param name="Entry">The written entry behind pending, not-applicable, known-failing and quarantined.</param>
public sealed record ExpectedCell(
    CellId Id,
    string Gate,
    PairKind Pairs,
    EmulatedPolicy Emulated,
    Disposition Disposition,
    string? Reason = null,
    string? Lacks = null,
    WrittenEntry? Entry = null)
{
    /// <summary>The only gate there is.</summary>
    public const string Required = "required";

    /// <summary>Whether its feature is said to show a refusal (<c>shows: refusal</c>).</summary>
    public bool ShowsRefusal { get; init; }

    /// <summary>Whether its evidence is a refusal: no turn, no agent and no request.</summary>
    public bool IsRefusal => ShowsRefusal || Pairs is PairKind.Refused;

    /// <summary>Whether its evidence is a turn that its arm has answered.</summary>
    public bool IsTurnOnArm => Pairs is PairKind.Legal && !ShowsRefusal;

    /// <summary>Why it does not simply run: its entry's reason, or its own where there is no entry; null where it does.</summary>
    [JsonIgnore]
    public string? Why => Entry is { } entry ? entry.Reason : Reason;

    /// <summary>Whether it is a test case of this run.</summary>
    public bool IsExecuted => Disposition is Disposition.Run or Disposition.KnownFailing or Disposition.Quarantined;
}

/// <summary>What a person has written down about a cell.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Issue">Where it will be mended; null for not-applicable.</param>
/// <param name="Expires">The last day on which it holds, UTC; null for not-applicable.</param>
/// <param name="Link">The source of the fact; not-applicable only.</param>
/// <param name="Date">When it was written; not-applicable only.</param>
public sealed record WrittenEntry(string Reason, string Owner, string? Issue = null, DateOnly? Expires = null, string? Link = null, DateOnly? Date = null);
