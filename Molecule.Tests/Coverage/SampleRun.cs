using System.Collections.Concurrent;
using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Coverage;

/// <summary>A small run whose every cell passes, to be spoilt one thing at a time.</summary>
internal static class SampleRun
{
    public const string RunId = "r1";

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static readonly CellId Serving = CellId.Parse("codex/openai-api/serving@mock");
    public static readonly CellId Platform = CellId.Parse("claude-code/platform/serving@mock");
    public static readonly CellId Emulated = CellId.Parse("hermes/byok-openai/serving@mock");
    public static readonly CellId Refusal = CellId.Parse("codex/groq/refusal@mock");
    public static readonly CellId Pending = CellId.Parse("openclaw/groq/serving@mock");
    public static readonly CellId Live = CellId.Parse("codex/openai-api/serving@live");

    public static readonly ExpectationSources Sources = new("0123456789abcdef", "registry-sha", "coverage-sha", "golden-sha");

    public static readonly MatrixAxes Matrix = new(["claude-code", "codex", "hermes", "openclaw"], ["openai-api", "groq", "platform", "byok-openai"]);

    // By content hash, so that it does not matter who put it there.
    private static readonly ConcurrentDictionary<string, byte[]> Evidence = new();

    public static readonly ImmutableArray<EngineFile> Engines = [new("codex", "0.169.0", "aa"), new("claude-code", "2.1.330", "bb")];

    public static Expectation Expected { get; } = Of(
        Cell(Serving),
        Cell(Platform),
        Cell(Emulated),
        Cell(Refusal) with { Pairs = PairKind.Refused, Emulated = EmulatedPolicy.MayNotGate },
        Cell(Pending) with { Disposition = Disposition.Pending, Entry = Entry(Today.AddDays(60)) });

    public static DateOnly Today => DateOnly.FromDateTime(Now.UtcDateTime);

    public static ExpectedCell Cell(CellId id) => new(id, ExpectedCell.Required, PairKind.Legal, EmulatedPolicy.MayGate, Disposition.Run);

    public static WrittenEntry Entry(DateOnly expires) => new("not built yet", "ann", "issue 4", expires);

    public static Expectation Of(params ImmutableArray<ExpectedCell> cells) => new(RunRequest.Mock, Sources, Matrix, cells, [], []);

    public static LedgerStart Start(Expectation expectation, string run = RunId) => new(
        LedgerStart.CurrentSchema, run, Now.AddMinutes(-1), expectation.Request, new GraphEngine("Molecule.AspireOffline 0.1.0", GraphKind.Offline), "c0ffee", null, expectation.Sources, Engines, expectation.Cells);

    /// <summary>The record by which a cell of the sample is proven.</summary>
    public static LedgerCell Proof(CellId id, string run = RunId)
    {
        var evidence = new CellEvidence("MIRELO-KAVODU", [Request(Hop.Direct, id.Arm!)], $"activity of {id}", $"trace of {id}", 420, new TokenCount(20, 9));
        var engine = Engines.FirstOrDefault(file => file.Name == id.Runtime) is { } file
            ? new EngineIdentity(file.Name, file.Version, EngineKind.Real)
            : new EngineIdentity(id.Runtime!, "1.0", EngineKind.Emulated);
        var requests = id.Arm == "platform" ? [Request(Hop.Proxy, "platform"), Request(Hop.Upstream, "upstream-anthropic")] : evidence.Requests;
        return id.Feature == "refusal"
            ? new LedgerCell(id, 1, CellOutcome.Passed, null, null, run, null, new CellEvidence("422 UNREGISTERED_MODEL_FOR_RUNTIME", [], null, null, 3, null))
            : new LedgerCell(id, 1, CellOutcome.Passed, null, engine, run, id.Mode is CellMode.Live ? ReachedMode.Live : ReachedMode.Mock, evidence with { Requests = requests });
    }

    public static RequestEvidence Request(Hop hop, string fake) => new(hop, fake, "POST", "/v1/responses", "bearer", "gpt-5.5", 200);

    public static LedgerResult Result(CellId id, TestOutcome outcome = TestOutcome.Passed, string? detail = null) => new(id, $"Serving({id})", $"uid of {id}", outcome, detail);

    public static ImmutableArray<LedgerRecord> RecordsOf(Expectation expectation, string run = RunId) =>
    [
        .. expectation.Cells.Where(cell => cell.IsExecuted).SelectMany(cell => new LedgerRecord[] { Proof(cell.Id, run), Result(cell.Id) }),
    ];

    /// <summary>The ledger of a run that wrote these records, read back from disk.</summary>
    public static RecordedRun Record(Expectation expectation, IEnumerable<LedgerRecord> records, string run = RunId, params IReadOnlyCollection<RunProblem> problems) =>
        Read(Bytes(expectation, records, run, problems), $"{run}.jsonl");

    /// <summary>Reads lines whose evidence is that of a sample written before, whatever its ledger was.</summary>
    public static RecordedRun Read(ReadOnlySpan<byte> content, string source) => LedgerReader.Read(content, source, Evidence.GetValueOrDefault);

    public static byte[] Bytes(Expectation expectation, IEnumerable<LedgerRecord> records, string run = RunId, params IReadOnlyCollection<RunProblem> problems)
    {
        var folder = Directory.CreateTempSubdirectory("molecule-ledger-");
        try
        {
            var path = Path.Combine(folder.FullName, "ledger.jsonl");
            using (var writer = LedgerWriter.Create(path, Start(expectation, run)))
            {
                var end = new LedgerEnd(Now, 0, 0, [.. problems]);
                foreach (var record in records)
                {
                    switch (record)
                    {
                        case LedgerCell cell:
                            writer.Write(cell);
                            break;
                        case LedgerResult result:
                            writer.Write(result);
                            break;
                        case LedgerEnd said:
                            end = said;
                            break;
                    }
                }

                writer.End(end.Ended, end.Boots, end.Problems);
            }

            foreach (var file in Directory.EnumerateFiles(folder.FullName, "*.json", SearchOption.AllDirectories))
            {
                Evidence.TryAdd(Path.GetFileNameWithoutExtension(file), File.ReadAllBytes(file));
            }

            return File.ReadAllBytes(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static RunVerdict JudgeGreen() => JudgeRecords(Expected, RecordsOf(Expected));

    public static RunVerdict JudgeRecords(Expectation expectation, IEnumerable<LedgerRecord> records, params IReadOnlyCollection<RunProblem> problems) =>
        Judge.Run(Record(expectation, records, RunId, problems), RunId, expectation, Now);

    /// <summary>The green run with the records of one cell replaced.</summary>
    public static RunVerdict JudgeWith(CellId cell, params IEnumerable<LedgerRecord> records) => JudgeWith(Expected, cell, records);

    public static RunVerdict JudgeWith(Expectation expectation, CellId cell, params IEnumerable<LedgerRecord> records) =>
        JudgeRecords(expectation, [.. RecordsOf(expectation).Where(record => CellOf(record) != cell), .. records]);

    public static CellId? CellOf(LedgerRecord record) => record switch
    {
        LedgerCell cell => cell.Cell,
        LedgerResult result => result.Cell,
        _ => null,
    };

    public static JudgedCell Of(this RunVerdict verdict, CellId id) => verdict.Cells.Single(cell => cell.Expected.Id == id);

    /// <summary>The expectation with one cell changed.</summary>
    public static Expectation With(this Expectation expectation, CellId id, Func<ExpectedCell, ExpectedCell> change) =>
        expectation with { Cells = [.. expectation.Cells.Select(cell => cell.Id == id ? change(cell) : cell)] };
}
