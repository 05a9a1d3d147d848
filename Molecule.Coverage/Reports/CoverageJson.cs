using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>coverage.json, schema 1 (design.md 7): other tools rely on it, so its members are written out here and nowhere else.</summary>
public static class CoverageJson
{
    private const int Schema = 1;

    /// <summary>Renders a verdict, with a line end.</summary>
    public static string Render(RunVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var heading = ReportHeading.Of(verdict);
        var report = new Report(
            Schema,
            heading.Run,
            heading.Started,
            heading.Ended,
            verdict.IsComplete,
            heading.Mode,
            heading.Graph,
            heading.Filter is { } filter ? new Filter(filter.Runtimes, filter.Arms, filter.Features, filter.Shard?.ToString()) : null,
            new Registry(verdict.Expectation.Sources.RegistryFingerprint, verdict.Expectation.Sources.RegistrySha256),
            verdict.Totals,
            [.. verdict.Cells.Select(Describe)])
        {
            ControlPlane = heading.ControlPlane,
        };
        return JsonSerializer.Serialize(report, ContractJson.Indented) + "\n";
    }

    private static Cell Describe(JudgedCell cell) => new(
        cell.Expected.Id,
        cell.Expected.Id.Runtime,
        cell.Expected.Id.Arm,
        cell.Expected.Id.Feature,
        cell.Expected.Id.Mode,
        cell.Expected.Gate,
        cell.State.ToWord(),
        cell.Reason,
        cell.Engine,
        cell.Evidence);

    private sealed record Report(
        int Schema,
        string Run,
        DateTimeOffset? Started,
        DateTimeOffset? Ended,
        bool Complete,
        RunMode Mode,
        GraphEngine? Graph,
        Filter? Filter,
        Registry Registry,
        VerdictTotals Totals,
        ImmutableArray<Cell> Cells)
    {
        // Beyond design.md 7, and only where it says something: whose control plane was judged, if not the graph's own.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? ControlPlane { get; init; }
    }

    private sealed record Filter(ImmutableArray<string> Runtimes, ImmutableArray<string> Arms, ImmutableArray<string> Features, string? Shard);

    private sealed record Registry(string Fingerprint, string Sha256);

    private sealed record Cell(
        CellId Id,
        string? Runtime,
        string? Arm,
        string Feature,
        CellMode Mode,
        string Gate,
        string State,
        string? Reason,
        EngineIdentity? Engine,
        CellEvidence? Evidence);
}
