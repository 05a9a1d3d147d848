using System.CommandLine;
using CliWrap;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Desktop;
using Molecule.Harness.Keys;
using Molecule.Harness.Live;
using Molecule.Harness.Runs;
using Molecule.Harness.Spend;
using Molecule.HostTools.Installing;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>gate</c>: graph, cells, grid, reports, verdict. The test process runs the cells; this one judges what it left behind.</summary>
internal static class GateCommand
{
    /// <summary>From a cancellation to the end, a login's way back and what it takes to end the test process included.</summary>
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(70);

    // A look and two calls to a store.
    private static readonly TimeSpan WriteBackLimit = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var command = new Command("gate", "Run the cells and exit by the verdict: 0 green, 2 usage, 3 failed, 4 uncovered, 5 expired.");
        var options = new RunOptionsBinding();
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => await RunOrSayWhyAsync(await options.ReadAsync(parsed, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunOrSayWhyAsync(RunOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(options, cancellationToken);
        }
        catch (Exception e) when (e is IOException and not (FileNotFoundException or DirectoryNotFoundException) or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"molecule: {e.Message}. What this run wrote under artifacts/ is not whole: make room there, or make it writable, and run again.");
            return ExitCodes.Internal;
        }
    }

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancellationToken)
    {
        // Planned here as well, so that a bad file or an unknown value is refused before anything is started.
        var repository = Repository.Find(AppContext.BaseDirectory);
        var keys = await options.ReadKeysAsync(repository, Environment.GetEnvironmentVariable, TimeProvider.System, cancellationToken);
        options = options.With(keys);
        var run = CellRun.Plan(repository, options, TimeProvider.System);
        Console.WriteLine($"run {options.RunId}: {run.Expectation.Cells.Count(static c => c.IsExecuted)} of {run.Expectation.Cells.Length} cells to execute, seed {run.Seed}");
        Console.Error.WriteLine(run.GoldenNote);
        if (File.Exists(run.LedgerPath))
        {
            throw new ConfigurationException($"{run.LedgerPath} exists: a ledger is of one run. Unset MOLECULE_RUN and MOLECULE_LEDGER, or name others.");
        }

        if (options.Request.ControlPlane is { } controlPlane && ControlPlaneChoice.Parse(controlPlane).Kind is ControlPlaneKind.Url
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(ControlPlaneChoice.AdminTokenVariable)))
        {
            throw new ConfigurationException($"{ControlPlaneChoice.AdminTokenVariable} is not set: {ControlPlaneChoice.Setting} is {controlPlane}, so give it that control plane's ADMIN_TOKEN.");
        }

        await PreflightAsync(run, keys, cancellationToken);
        await InstallAsync(RuntimeSets.Asked(name => options.ToEnvironment().GetValueOrDefault(name)), options.Request.Capabilities.Contains(DesktopCapability.Name), cancellationToken);
        Directory.CreateDirectory(run.Folder);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var progress = LedgerProgress.FollowAsync(run.LedgerPath, Console.Out, ended.Token);
        await using var log = new SessionLog(Path.Combine(run.Folder, "session.log"));
        var pipe = PipeTarget.ToDelegate(log.Add);
        var (launch, refusal) = await IsolatedLaunch.FindAsync(options.Request.Mode.ToString(), Environment.GetEnvironmentVariable, cancellationToken);
        Console.WriteLine(launch is null ? $"network: this machine's own, not isolated ({refusal})" : "network: isolated, loopback alone");
        string[] command = [.. launch?.Prefix ?? [], "dotnet", BuiltPrograms.E2E, "--no-ansi", "--no-progress"];

        // A live run that is cancelled is let go of first, by the end of its standard input: a login that was refreshed has to be written back (docs/live-keys.md).
        using var kill = new CancellationTokenSource();
        await using var cancelled = cancellationToken.Register(() => kill.CancelAfter(options.Request.Mode is RunMode.Mock ? TimeSpan.Zero : WriteBackLimit));
        var result = await CliWrap.Cli.Wrap(command[0])
            .WithArguments(command[1..])
            .WithEnvironmentVariables(options.ToEnvironment().Add(RunVariables.HeldByStdin, "1").AddRange(keys.ToEnvironment()).AddRange(launch?.Variables ?? []).ToDictionary(static v => v.Key, static v => (string?)v.Value))
            .WithStandardInputPipe(PipeSource.Create((_, held) => HoldAsync(held, cancellationToken)))
            .WithWorkingDirectory(run.Repository.Root)
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(pipe)
            .WithStandardErrorPipe(pipe)
            .ExecuteAsync(kill.Token);

        cancellationToken.ThrowIfCancellationRequested();
        await ended.CancelAsync();
        await progress;

        var verdict = run.Verdict();
        Console.WriteLine();
        Console.Write(TerminalReport.Render(verdict));
        if (SpendBook.Line(run.Folder) is { } spent)
        {
            Console.WriteLine(spent);
        }

        run.WriteReports(verdict);
        log.ThrowIfBroken();
        if (verdict.Exit == GateExit.Green && result.ExitCode != 0)
        {
            Console.Error.WriteLine($"molecule: the ledger is green, but the test process exited {result.ExitCode}; see {log.Path}");
            return ExitCodes.Internal;
        }

        if (verdict.Exit != GateExit.Green)
        {
            Console.WriteLine($"session log: {log.Path}");
        }

        return (int)verdict.Exit;
    }

    // The test process asks once more and decides by that; here a dead key is named before anything is started. What is ill-formed is refused here.
    private static async Task PreflightAsync(CellRun run, LiveKeys keys, CancellationToken cancellationToken)
    {
        var live = run.Expectation.Cells.Where(static c => c.IsExecuted && c.Id.Mode is CellMode.Live).ToList();
        if (live.Count == 0)
        {
            return;
        }

        _ = PriceTable.Read(PlanFile.Load(run.Repository.PricesFile));
        _ = SpendLimits.Read(Environment.GetEnvironmentVariable);
        using var http = new HttpClient();
        foreach (var preflight in await new LivePreflight(run.Registry, keys, Environment.GetEnvironmentVariable, http, TimeProvider.System).RunAsync(live.Select(static c => c.Id.Arm!), cancellationToken))
        {
            Console.WriteLine(preflight);
        }
    }

    private static async Task HoldAsync(CancellationToken held, CancellationToken cancelled)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(held, cancelled);
        try
        {
            await Task.Delay(Timeout.Infinite, either.Token);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            // Its end is what the test process waits for.
        }
    }

    // Ahead of the graph, so that progress is seen and a machine that cannot have the programs is told so at once.
    private static async Task InstallAsync(IEnumerable<PackageSet> runtimes, bool hasDesktop, CancellationToken cancellationToken)
    {
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), Console.Error, TimeProvider.System, Environment.GetEnvironmentVariable);
        foreach (var set in (PackageSet[])[.. runtimes, PackageSet.Postgres, .. hasDesktop ? [PackageSet.NoVnc] : (PackageSet[])[]])
        {
            await installer.InstallAsync(set, cancellationToken);
        }
    }
}
