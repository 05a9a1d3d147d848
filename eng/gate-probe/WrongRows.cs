// The analyzers of xUnit.net name some of these mistakes; here they are made on purpose.
#pragma warning disable xUnit1000
using System.Diagnostics.CodeAnalysis;
using Molecule.E2E.Tests.Session;

namespace Molecule.GateProbe;

/// <summary>The one that is right: it must not fire.</summary>
[Feature("steady")]
public sealed class Steady
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("steady");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => Proof.RecordAsync(cell);
}

/// <summary>The same cell in two rows.</summary>
[Feature("doubled")]
public sealed class Doubled
{
    public static IEnumerable<TheoryDataRow<string, int>> Cells =>
        RunSession.CellsOf("doubled").SelectMany(static row => Enumerable.Range(1, 2).Select(n => new TheoryDataRow<string, int>(row.Data, n).WithTrait("cell", row.Data)));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell, int copy) => copy > 0 ? Proof.RecordAsync(cell) : Task.CompletedTask;
}

/// <summary>Two tests that claim the same cell, of which one records it.</summary>
[Feature("claimed-twice")]
public sealed class ClaimedTwice
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("claimed-twice");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => Proof.RecordAsync(cell);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public void HoldsAsWell(string cell) => Assert.NotNull(cell);
}

/// <summary>A class that xUnit.net does not discover.</summary>
[Feature("undiscovered")]
[SuppressMessage("Performance", "CA1812", Justification = "xUnit.net would make it if it could.")]
internal sealed class Undiscovered
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("undiscovered");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => Proof.RecordAsync(cell);
}

/// <summary>A test that runs only when it is asked for.</summary>
[Feature("explicit")]
public sealed class ExplicitOnly
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("explicit");

    [Theory(SkipTestWithoutData = true, Explicit = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => Proof.RecordAsync(cell);
}

/// <summary>A theory whose rows were lost although the plan has a cell for them.</summary>
[Feature("rowless")]
public sealed class Rowless
{
    public static IEnumerable<TheoryDataRow<string>> Cells => [];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => Proof.RecordAsync(cell);
}
