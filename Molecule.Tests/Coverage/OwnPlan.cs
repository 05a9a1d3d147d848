using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

/// <summary>The repository's registry with a sample of a coverage.yaml and its list of cells, and spoilt copies of them.</summary>
internal static class OwnPlan
{
    /// <summary>The day for which the files' dates were written.</summary>
    public static readonly DateOnly Today = new(2026, 11, 22);

    private static readonly string Folder = Path.GetDirectoryName(Here())!;
    private static readonly string Root = Path.GetFullPath(Path.Combine(Folder, "..", ".."));

    public static PlanFile Registry { get; } = PlanFile.Load(Path.Combine(Root, "providers.yaml"));

    public static PlanFile Coverage { get; } = PlanFile.Load(Path.Combine(Folder, "sample-coverage.yaml"));

    public static PlanFile Golden { get; } = PlanFile.Load(Path.Combine(Folder, "sample-expected-cells.txt"));

    public static CoveragePlan Read() => CoveragePlan.Read(Registry, Coverage, Golden, Today);

    /// <summary>The repository's own three files.</summary>
    public static (CoveragePlan Plan, string Golden) ReadRepository()
    {
        var golden = PlanFile.Load(Path.Combine(Root, "expected-cells.txt"));
        return (CoveragePlan.Read(Registry, PlanFile.Load(Path.Combine(Root, "coverage.yaml")), golden, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime)), golden.Text);
    }

    public static CoveragePlan ReadWith(string coverage) => CoveragePlan.Read(Registry, PlanFile.Of("coverage.yaml", coverage), Golden, Today);

    /// <summary>The errors of a coverage.yaml that must be refused.</summary>
    public static ImmutableArray<string> ErrorsOf(string coverage) =>
        [.. Assert.Throws<CoverageFormatException>(() => ReadWith(coverage)).Errors.Select(error => error.ToString())];

    private static string Here([CallerFilePath] string path = "") => path;
}
