namespace Molecule.Harness.Benchmarks;

/// <summary>What one benchmark found.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="What">What is measured against what, in a few words.</param>
/// <param name="Measured">The figure that the target is about: the median of its rounds.</param>
/// <param name="Least">The least of the rounds.</param>
/// <param name="Most">The greatest of the rounds.</param>
/// <param name="Unit">What the figures are: <c>x</c> for ratios, else ms, s or MiB.</param>
/// <param name="Target">What the figure may be at most; null where none was set.</param>
/// <param name="Detail">The absolute figures behind it.</param>
public sealed record BenchmarkRow(string Name, string What, double Measured, double Least, double Most, string Unit, double? Target, string Detail)
{
    /// <summary>Whether the figure is at or below its target; null where none was set.</summary>
    public bool? IsMet => Target is { } target ? Measured <= target : null;
}
