using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

/// <summary>The repository's own files, and spoilt copies of them.</summary>
internal static class OwnPlan
{
    /// <summary>The day for which the files' dates were written.</summary>
    public static readonly DateOnly Today = new(2026, 11, 22);

    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    public static PlanFile Registry { get; } = PlanFile.Load(Path.Combine(Root, "providers.yaml"));

    public static PlanFile Coverage { get; } = PlanFile.Load(Path.Combine(Root, "coverage.yaml"));

    public static PlanFile Golden { get; } = PlanFile.Load(Path.Combine(Root, "expected-cells.txt"));

    public static CoveragePlan Read() => CoveragePlan.Read(Registry, Coverage, Golden, Today);

    public static CoveragePlan ReadWith(string coverage) => CoveragePlan.Read(Registry, PlanFile.Of("coverage.yaml", coverage), Golden, Today);

    /// <summary>The errors of a coverage.yaml that must be refused.</summary>
    public static ImmutableArray<string> ErrorsOf(string coverage) =>
        [.. Assert.Throws<CoverageFormatException>(() => ReadWith(coverage)).Errors.Select(error => error.ToString())];

    private static string Here([CallerFilePath] string path = "") => path;
}
