using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>
/// Feature <c>autoheal</c>: a conversation that has outgrown its model is wedged with the capability switched off, and begins anew by itself with
/// it switched on (spec/runtimes-and-providers.md 5.2).
/// </summary>
[Feature(Name)]
public sealed class AutohealTests(AutohealWalks walks) : IClassFixture<AutohealWalks>
{
    internal const string Name = "autoheal";

    public static IEnumerable<TheoryDataRow<string>> Cells => AutohealWalks.Cells;

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_full_window_wedges_without_the_switch_and_heals_with_it(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
        (await walks.OfAsync(cell, cancellationToken)).Judge(cell));
}
