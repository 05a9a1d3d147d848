using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>The files that an expectation was computed from.</summary>
/// <param name="RegistryFingerprint">16 hex digits over the registry's data.</param>
/// <param name="RegistrySha256">Over the file's bytes, as are the other two.</param>
/// <param name="CoverageSha256">coverage.yaml.</param>
/// <param name="GoldenSha256">expected-cells.txt; null where none holds, as for a foreign registry.</param>
public sealed record ExpectationSources(string RegistryFingerprint, string RegistrySha256, string CoverageSha256, string? GoldenSha256);

/// <summary>The axes of the matrix, in the order of the grid.</summary>
public sealed record MatrixAxes(ImmutableArray<string> Runtimes, ImmutableArray<string> Arms);

/// <summary>What a run must account for: every cell of its modes with its disposition, in the order of coverage.yaml.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Sources">What it was computed from.</param>
/// <param name="Matrix">The grid's axes.</param>
/// <param name="Cells">Ordered, ids unique.</param>
/// <param name="GoldenProblems">Where expected-cells.txt and the computed list disagree: each is red.</param>
/// <param name="OutsideTheMatrix">Pairs of the registry whose runtime or arm coverage.yaml's matrix does not name: listed, never expected.</param>
public sealed record Expectation(
    RunRequest Request,
    ExpectationSources Sources,
    MatrixAxes Matrix,
    ImmutableArray<ExpectedCell> Cells,
    ImmutableArray<GoldenProblem> GoldenProblems,
    ImmutableArray<string> OutsideTheMatrix)
{
    /// <summary>How many starts of a runtime's workspaces the run may take at most (design.md 4), for those runtimes that have a budget.</summary>
    public ImmutableSortedDictionary<string, int> BootBudget { get; init; } = ImmutableSortedDictionary<string, int>.Empty;
}

/// <summary>A cell by which expected-cells.txt and the computed list differ.</summary>
public sealed record GoldenProblem(CellId Cell, string Text);
