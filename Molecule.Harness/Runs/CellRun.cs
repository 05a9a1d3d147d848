using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Engines;
using Molecule.Harness.Faults;
using Molecule.Registry;

namespace Molecule.Harness.Runs;

/// <summary>One run of the gate: what it has to account for, where it is recorded, what it amounts to.</summary>
/// <param name="Repository">The checkout.</param>
/// <param name="Options">What was asked.</param>
/// <param name="Registry">providers.yaml.</param>
/// <param name="Expectation">What the run must account for.</param>
/// <param name="LockedEngines">runtimes/engines.json and those of the sets below it, the stand-ins of this build, and what the configuration locks.</param>
/// <param name="Faults">faults.yaml.</param>
/// <param name="Clock">The clock.</param>
/// <param name="GoldenNote">What expected-cells.txt was held against (<see cref="GoldenHistory.Note"/>); null for a foreign registry.</param>
public sealed record CellRun(
    Repository Repository,
    RunOptions Options,
    ProviderRegistry Registry,
    Expectation Expectation,
    ImmutableArray<LockedEngine> LockedEngines,
    FaultPlan Faults,
    TimeProvider Clock,
    string? GoldenNote)
{
    /// <summary>The run's folder below artifacts/.</summary>
    public string Folder => Path.Combine(Repository.Artifacts, "runs", Options.RunId);

    public string LedgerPath => Options.Ledger ?? Path.Combine(Folder, "ledger.jsonl");

    /// <summary>Seeds the run's words and synthetic credentials; it follows from the run's id, so that a second run can use the same.</summary>
    public int Seed => Options.RunId.Aggregate(17, static (seed, c) => unchecked((seed * 31) + c));

    /// <summary>Plans a run from the checkout's files.</summary>
    /// <param name="repository">The checkout.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="foreignRegistry">Another providers.yaml, whose cells expected-cells.txt cannot know.</param>
    public static CellRun Plan(Repository repository, RunOptions options, TimeProvider clock, string? foreignRegistry = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        var registry = PlanFile.Load(foreignRegistry ?? repository.ProvidersFile);
        var history = foreignRegistry is null ? GoldenHistory.Of(repository) : null;
        return new CellRun(
            repository,
            options,
            RegistryReader.Read(registry.Text, registry.Name),
            PlanOf(repository, clock, registry, history).Expect(options.Request),
            ConfiguredEngines.Over(
                repository.EnginesLockFiles.SelectMany(static path => EngineLockFile.Read(path)).Concat(EmulatedEngines.StampedInto(typeof(CellRun).Assembly).Select(LockedEngine.Of)),
                Environment.GetEnvironmentVariable),
            FaultPlan.Read(PlanFile.Load(repository.FaultsFile)),
            clock,
            history?.Note);
    }

    /// <summary>Creates the run's folder and begins its ledger.</summary>
    /// <param name="graph">The Aspire engine.</param>
    /// <param name="cancellationToken">Ends the look at the checkout.</param>
    public async Task<LedgerWriter> BeginAsync(GraphEngine graph, CancellationToken cancellationToken)
    {
        var provenance = await Provenance.OfAsync(Repository, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(Folder);
        var ledger = LedgerWriter.Create(LedgerPath, new LedgerStart(
            LedgerStart.CurrentSchema,
            Options.RunId,
            Clock.GetUtcNow(),
            Expectation.Request,
            graph,
            provenance.Commit,
            provenance.DirtyHash,
            Expectation.Sources,
            [.. LockedEngines.Where(static e => e.Image is not "").Select(static e => new EngineFile(e.Name, e.Version, e.Sha256))],
            Expectation.Cells));
        PointLatestAt(LedgerPath);
        return ledger;
    }

    /// <summary>Judges the run's ledger as it lies on disk, against the expectation of this process.</summary>
    public RunVerdict Verdict() => Judge.Run(LedgerReader.ReadFile(LedgerPath), Options.RunId, Expectation, Clock.GetUtcNow());

    /// <summary>Judges one or more ledgers; the expectation of each is computed anew from the files.</summary>
    /// <param name="repository">The checkout.</param>
    /// <param name="ledgers">Paths.</param>
    /// <param name="history">What expected-cells.txt is held against.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Ends the look at the checkout.</param>
    public static async Task<RunVerdict> MergeAsync(Repository repository, IEnumerable<string> ledgers, GoldenHistory history, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(clock);
        var provenance = await Provenance.OfAsync(repository, cancellationToken).ConfigureAwait(false);
        var plan = PlanOf(repository, clock, PlanFile.Load(repository.ProvidersFile), history);
        return Judge.Merge([.. ledgers.Select(LedgerReader.ReadFile)], plan.Expect, RunRequest.Mock, provenance.Commit, clock.GetUtcNow());
    }

    /// <summary>Names of the live credentials that some cell of a checkout could use.</summary>
    public static ImmutableArray<string> LiveCredentialsOf(Repository repository, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(clock);
        return PlanOf(repository, clock, PlanFile.Load(repository.ProvidersFile), new GoldenHistory([], "")).LiveCredentials;
    }

    /// <summary>What expected-cells.txt of a checkout has to become.</summary>
    public static GoldenChange ChangeGolden(Repository repository, GoldenRemoval? removal, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(clock);
        return PlanOf(repository, clock, PlanFile.Load(repository.ProvidersFile), new GoldenHistory([], "")).ChangeGolden(removal);
    }

    /// <summary>Pairs that providers.yaml offers and that coverage.yaml's matrix does not name.</summary>
    public static ImmutableArray<string> OutsideTheMatrix(Repository repository, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(clock);
        return PlanOf(repository, clock, PlanFile.Load(repository.ProvidersFile), history: null).Expect(RunRequest.Mock).OutsideTheMatrix;
    }

    /// <summary>The cells that a registry makes of this checkout's coverage.yaml.</summary>
    public static ImmutableHashSet<CellId> CellsOf(Repository repository, string registryFile, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(clock);
        return [.. PlanOf(repository, clock, PlanFile.Load(registryFile), history: null).Expect(RunRequest.Mock).Cells.Select(static cell => cell.Id)];
    }

    /// <summary>Writes coverage.json and the grid as Markdown, into the run's folder and below artifacts/.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void WriteReports(RunVerdict verdict)
    {
        // Among the artifacts lies the latest run's, which another gate of this checkout may be writing just now.
        foreach (var folder in (string[])[Folder, Repository.Artifacts])
        {
            ArtifactFile.Write(Path.Combine(folder, "coverage.json"), CoverageJson.Render(verdict));
            ArtifactFile.Write(Path.Combine(folder, "coverage.md"), MarkdownReport.Render(verdict));
        }
    }

    // Without a history the registry is a foreign one, whose cells our list cannot know.
    private static CoveragePlan PlanOf(Repository repository, TimeProvider clock, PlanFile registry, GoldenHistory? history) =>
        CoveragePlan.Read(
            registry,
            PlanFile.Load(repository.CoverageFile),
            history is null ? null : PlanFile.Load(repository.ExpectedCellsFile),
            DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime),
            history?.Lists ?? []);

    // A link, so that the latest ledger is one file that grows while the run does.
    private void PointLatestAt(string ledger)
    {
        var latest = Path.Combine(Repository.Artifacts, "ledger.jsonl");
        File.Delete(latest);
        File.CreateSymbolicLink(latest, Path.GetRelativePath(Repository.Artifacts, ledger));
    }
}
