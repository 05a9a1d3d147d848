using System.Diagnostics;
using Molecule.E2E.Tests.Session;

namespace Molecule.GateProbe;

/// <summary>A test that skips itself.</summary>
[Feature("skipped")]
public sealed class Skipped
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("skipped");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public void Holds(string cell) => Assert.Skip($"{cell} is not for today");
}

/// <summary>A test that passes and shows nothing.</summary>
[Feature("silent")]
public sealed class Silent
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("silent");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public void Holds(string cell) => Assert.NotNull(cell);
}

/// <summary>A test that fails, tries again and passes.</summary>
[Feature("retried")]
public sealed class Retried
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("retried");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public async Task Holds(string cell)
    {
        await Assert.ThrowsAsync<TimeoutException>(() => RunSession.RecordAsync(cell, static _ => throw new TimeoutException("not this time")));
        await Proof.RecordAsync(cell);
    }
}

/// <summary>A test that fails.</summary>
[Feature("failing")]
public sealed class Failing
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("failing");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => RunSession.RecordAsync(cell, static _ => throw new TimeoutException("not at all"));
}

/// <summary>A test that ends the process with a green code.</summary>
[Feature("exits")]
public sealed class Exits
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("exits");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public async Task Holds(string cell)
    {
        await Proof.RecordAsync(cell);
        Environment.Exit(0);
    }
}

/// <summary>A test that breaks the process after its cell was recorded.</summary>
[Feature("crashes")]
public sealed class Crashes
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("crashes");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public async Task Holds(string cell)
    {
        await Proof.RecordAsync(cell);
        Environment.FailFast("on purpose");
    }
}

/// <summary>A test whose process is killed after its cell was recorded.</summary>
[Feature("killed")]
public sealed class Killed
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("killed");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public async Task Holds(string cell)
    {
        await Proof.RecordAsync(cell);
        using var self = Process.GetCurrentProcess();
        self.Kill();
        await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
    }
}

/// <summary>A test that writes down a key.</summary>
[Feature("leaks")]
public sealed class Leaks
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("leaks");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Holds(string cell) => RunSession.RecordAsync(cell, static _ => Task.FromResult(Proof.Of($"I was given {Environment.GetEnvironmentVariable("E2E_PROBE_KEY")}.")));
}
