using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Coverage.Planning;

/// <summary>What expected-cells.txt has to become.</summary>
/// <param name="Text">The whole file.</param>
/// <param name="Gained">Cells that are made and were not listed.</param>
/// <param name="Lost">Cells that were listed and are no longer made.</param>
public sealed record GoldenChange(string Text, ImmutableArray<CellId> Gained, ImmutableArray<CellId> Lost);

/// <summary>Who answers for cells that leave the list, and why.</summary>
/// <param name="Date">UTC.</param>
/// <param name="Owner">A name without blanks and colons.</param>
/// <param name="Reason">One line.</param>
public sealed record GoldenRemoval(DateOnly Date, string Owner, string Reason)
{
    internal string LineOf(CellId cell) => $"removed {Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} {Owner}: {cell} {Reason}";
}
