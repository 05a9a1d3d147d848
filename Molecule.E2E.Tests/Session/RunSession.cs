using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Harness.Desktop;
using Molecule.Harness.Egress;
using Molecule.Harness.Keys;
using Molecule.Harness.Live;
using Molecule.Harness.Logins;
using Molecule.Harness.Parity;
using Molecule.Harness.Runs;

namespace Molecule.E2E.Tests.Session;

/// <summary>
/// The run of this test process: its plan, its ledger, its records. Static, because the test platform makes the session consumer and xUnit
/// makes the tests, and nothing else is common to both.
/// </summary>
internal static class RunSession
{
    // design.md 6: every live credential's variable begins so.
    private const string LiveKeyPrefix = "E2E_";

    private static readonly Lazy<CellRun> _run = new(static () => Plan());
    private static readonly ConcurrentDictionary<CellId, int> _attempts = new();
    private static readonly Lazy<LiveKeys> _keys = new(static () => ReadKeys());
    private static LedgerWriter? _ledger;
    private static volatile bool _hasEnded;

    public static CellRun Run => _run.Value;

    /// <summary>The live keys of the run.</summary>
    public static LiveKeys Keys => _keys.Value;

    /// <summary>The login that is good for one use; null before a live lane could ask for it.</summary>
    public static OneUseLogin? Login { get; set; }

    public static LedgerWriter Ledger => _ledger ?? throw new InvalidOperationException("The run has not begun.");

    /// <summary>Whether the ledger was begun and has no end.</summary>
    public static bool IsUnfinished => _ledger is not null && !_hasEnded;

    /// <summary>What failed the run as a whole, as the graph reports it.</summary>
    public static ConcurrentQueue<RunProblem> Problems { get; } = new();

    /// <summary>How often a workspace of each runtime was started, as the graph counts its lanes.</summary>
    public static ConcurrentDictionary<string, int> Boots { get; } = new(StringComparer.Ordinal);

    /// <summary>What must stand in nothing that the run leaves on disk.</summary>
    public static SecretScan Secrets { get; } = KeysOfTheEnvironment();

    /// <summary>The rows of a feature's tests: its cells that are to be executed, each marked with its id for the session consumer.</summary>
    public static IEnumerable<TheoryDataRow<string>> CellsOf(string feature) =>
        [.. Run.Expectation.Cells
            .Where(c => c.IsExecuted && FeatureAttribute.Names(feature, c.Id.Feature))
            .Select(static c => new TheoryDataRow<string>(c.Id.ToString()).WithTrait("cell", c.Id.ToString()))];

    /// <summary>Creates the run's folder and begins its ledger.</summary>
    public static async Task BeginAsync(CancellationToken cancellationToken) => _ledger = await Run.BeginAsync(AspireEngine.OfThisBuild(), cancellationToken);

    /// <summary>Runs one cell and records how it ended, whichever way.</summary>
    public static async Task RecordAsync(string cell, Func<CancellationToken, Task<CellRecord>> execute)
    {
        var id = CellId.Parse(cell);
        var attempt = _attempts.AddOrUpdate(id, 1, static (_, n) => n + 1);
        try
        {
            var record = await execute(TestContext.Current.CancellationToken);
            Unwritable.OrExit(() => Ledger.Write(new LedgerCell(id, attempt, CellOutcome.Passed, null, record.Engine, Run.Options.RunId, record.Reached, record.Evidence)));
        }
        catch (Exception e) when (e is CellNotRunException or LiveUncheckedException or SystemUncheckedException)
        {
            // The platform may call the test passed; the verdict asks the record, and only a live cell without a good key has leave to say so.
            Unwritable.OrExit(() => Ledger.Write(new LedgerCell(id, attempt, CellOutcome.Unchecked, e.Message, null, Run.Options.RunId, null, null)));
        }
        catch (Exception e)
        {
            Unwritable.OrExit(() => Ledger.Write(new LedgerCell(id, attempt, CellOutcome.Failed, $"assertion: {e.Message}", null, Run.Options.RunId, null, null)));
            throw;
        }
    }

    /// <summary>Keeps a cell's transcript beside the evidence.</summary>
    public static void Keep(CellId cell, Transcript transcript) => Unwritable.OrExit(() => TranscriptFolder.Beside(Run.LedgerPath).Put(cell, transcript));

    /// <summary>Ends the ledger, writes the reports, and returns every gating cell and problem that keeps the run from being green.</summary>
    public static ImmutableArray<(string Name, string Reason)> End()
    {
        // Before the end record, which is the last place where it can be told; the reports are made of nothing else than what was scanned here.
        foreach (var leak in Secrets.Find(Run.Folder, Run.LedgerPath, EvidenceFolder.Beside(Run.LedgerPath).Path))
        {
            Problems.Enqueue(new RunProblem("secret-leaked", leak));
        }

        Ledger.End(TimeProvider.System.GetUtcNow(), Boots.ToImmutableSortedDictionary(StringComparer.Ordinal), [.. Problems]);
        Ledger.Dispose();
        _hasEnded = true;
        var verdict = Run.Verdict();
        Run.WriteReports(verdict);
        return [.. verdict.Findings.Select(static f => (f.Subject, f.Text))];
    }

    // Seen by this process itself, whatever the launcher believes.
    private static ImmutableArray<string> Capabilities => [.. IsolatedNetwork.IsHere() ? [IsolatedNetwork.Capability] : (string[])[], .. DesktopCapability.OfThisMachine()];

    private static SecretScan KeysOfTheEnvironment()
    {
        var scan = new SecretScan();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is { Key: string name, Value: string value } && name.StartsWith(LiveKeyPrefix, StringComparison.Ordinal))
            {
                scan.Add(name, value);
            }
        }

        return scan;
    }

    private static CellRun Plan()
    {
        var options = RunOptions.FromEnvironment(Environment.GetEnvironmentVariable, static () => RunId.Fresh(TimeProvider.System, Random.Shared), Capabilities);
        return CellRun.Plan(Repository.Find(AppContext.BaseDirectory), options.With(Keys), TimeProvider.System);
    }

    // Read before the platform discovers tests, which cannot wait for it: rows are made of the plan.
    private static LiveKeys ReadKeys()
    {
        var options = RunOptions.FromEnvironment(Environment.GetEnvironmentVariable, static () => "");
        var keys = options.ReadKeysAsync(Repository.Find(AppContext.BaseDirectory), Environment.GetEnvironmentVariable, TimeProvider.System, CancellationToken.None).GetAwaiter().GetResult();
        keys.TellTo(Secrets);
        return keys;
    }
}
