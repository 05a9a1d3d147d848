using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Benchmarks;

/// <summary>A registry of 50 runtimes x 100 arms, a coverage.yaml of 20 features on each pair, the list of their 100,000 cells, and a green run of them.</summary>
public sealed record HugeRun(PlanFile Registry, PlanFile Coverage, PlanFile Golden, Expectation Expectation, RecordedRun Ledger)
{
    public const string RunId = "huge";

    /// <summary>All but those of the pending entries.</summary>
    public const int Covered = (Runtimes * Arms * Features) - (Pending * Arms);

    private const int Runtimes = 50;
    private const int Arms = 100;
    private const int Features = 20;
    private const int Pending = 30;

    public static HugeRun Create(DateTimeOffset now)
    {
        var (registry, coverage) = (PlanFile.Of("providers.yaml", RegistryYaml()), PlanFile.Of("coverage.yaml", CoverageYaml(now)));
        var golden = PlanFile.Of("expected-cells.txt", string.Concat(
            from feature in Names("feature", Features)
            from runtime in Names("runtime", Runtimes)
            from arm in Names("arm", Arms)
            select $"{runtime}/{arm}/{feature}@mock\n"));
        var expectation = Expect(registry, coverage, golden, now);
        return new HugeRun(registry, coverage, golden, expectation, GreenLedger(expectation, now));
    }

    public static Expectation Expect(PlanFile registry, PlanFile coverage, PlanFile golden, DateTimeOffset now) =>
        CoveragePlan.Read(registry, coverage, golden, DateOnly.FromDateTime(now.UtcDateTime)).Expect(RunRequest.Mock);

    private static string RegistryYaml()
    {
        var text = new StringBuilder("schema_version: 1\nproviders:\n");
        foreach (var arm in Names("arm", Arms))
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: {arm}\n    protocol: openai\n    auth_mode: third_party_anthropic_compat\n    base_url_template: https://{arm}.example/v1\n    auth_env: [{arm.ToUpperInvariant().Replace('-', '_')}_KEY]\n    model_prefix_match: '^{arm}/'\n");
        }

        text.Append("runtimes:\n");
        foreach (var runtime in Names("runtime", Runtimes))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {runtime}:\n    providers:\n");
            foreach (var arm in Names("arm", Arms))
            {
                text.Append(CultureInfo.InvariantCulture, $"      - name: {arm}\n        models: [{arm}/large, {arm}/small]\n");
            }
        }

        return text.ToString();
    }

    private static string CoverageYaml(DateTimeOffset now)
    {
        var text = new StringBuilder("schema: 1\nmatrix:\n")
            .Append(CultureInfo.InvariantCulture, $"  runtimes: [{string.Join(", ", Names("runtime", Runtimes))}]\n  arms: [{string.Join(", ", Names("arm", Arms))}]\n")
            .Append("capabilities:\n  live: { needs: credential }\nfeatures:\n");
        foreach (var feature in Names("feature", Features))
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{ id: {feature}, axes: [runtime, arm], pairs: legal, modes: [mock], gate: required, emulated: may-gate }}\n");
        }

        text.Append("pending:\n");
        foreach (var runtime in Names("runtime", Pending))
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{ cells: '{runtime}/*/feature-000@mock', reason: not built yet, issue: issue 1, owner: ann, expires: {now.AddDays(60):yyyy-MM-dd} }}\n");
        }

        return text.ToString();
    }

    private static RecordedRun GreenLedger(Expectation expectation, DateTimeOffset now)
    {
        var executed = expectation.Cells.Where(static cell => cell.IsExecuted).Select(static cell => cell.Id).ToImmutableArray();
        var engines = expectation.Matrix.Runtimes.Select(static runtime => new EngineFile(runtime, "1.0", "aa")).ToImmutableArray();
        var start = new LedgerStart(
            LedgerStart.CurrentSchema, RunId, now.AddMinutes(-1), expectation.Request, new GraphEngine("none", GraphKind.Offline), "c0ffee", null, expectation.Sources, engines, expectation.Cells);
        return new RecordedRun(
            "ledger.jsonl",
            start,
            [
                .. executed.Select(static id => new LedgerCell(
                    id, 1, CellOutcome.Passed, null, new EngineIdentity(id.Runtime!, "1.0", EngineKind.Real), RunId, ReachedMode.Mock,
                    new CellEvidence("MIRELO-KAVODU", [new RequestEvidence(Hop.Direct, id.Arm!, "POST", "/v1/responses", "bearer", "m", 200)], $"activity of {id}", $"trace of {id}", 420, new TokenCount(20, 9)))),
            ],
            [.. executed.Select(static id => new LedgerResult(id, $"Cells({id})", $"uid of {id}", TestOutcome.Passed, null))],
            new LedgerEnd(now, executed.Length, executed.Length, []),
            [],
            ImmutableDictionary<CellId, int>.Empty);
    }

    private static IEnumerable<string> Names(string of, int count) => Enumerable.Range(0, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{of}-{n:d3}"));
}
