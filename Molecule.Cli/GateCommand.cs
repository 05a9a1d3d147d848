using System.CommandLine;
using CliWrap;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Runs;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>gate</c>: graph, cells, grid, reports, verdict. The test process runs the cells; this one judges what it left behind.</summary>
internal static class GateCommand
{
    public static Command Create()
    {
        var command = new Command("gate", "Run the cells and exit by the verdict: 0 green, 2 usage, 3 failed, 4 uncovered, 5 expired.");
        var options = new RunOptionsBinding();
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(options.Read(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancellationToken)
    {
        // Planned here as well, so that a bad file or an unknown value is refused before anything is started.
        var run = CellRun.Plan(Repository.Find(AppContext.BaseDirectory), options, TimeProvider.System);
        Console.WriteLine($"run {options.RunId}: {run.Expectation.Cells.Count(static c => c.IsExecuted)} of {run.Expectation.Cells.Length} cells to execute");

        Directory.CreateDirectory(run.Folder);
        var log = Path.Combine(run.Folder, "session.log");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var progress = LedgerProgress.FollowAsync(run.LedgerPath, Console.Out, ended.Token);
        int exitCode;
        await using (var output = new StreamWriter(log))
        {
            var pipe = PipeTarget.ToDelegate(line =>
            {
                lock (output)
                {
                    output.WriteLine(line);
                    output.Flush();
                }
            });
            var result = await CliWrap.Cli.Wrap("dotnet")
                .WithArguments([BuiltPrograms.E2E, "--no-ansi", "--no-progress"])
                .WithEnvironmentVariables(options.ToEnvironment().Add(RunVariables.HeldByStdin, "1").ToDictionary(static v => v.Key, static v => (string?)v.Value))
                .WithStandardInputPipe(PipeSource.Create(static (_, held) => Task.Delay(Timeout.Infinite, held)))
                .WithWorkingDirectory(run.Repository.Root)
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(pipe)
                .WithStandardErrorPipe(pipe)
                .ExecuteAsync(cancellationToken);
            exitCode = result.ExitCode;
        }

        await ended.CancelAsync();
        await progress;

        var verdict = run.Verdict();
        run.WriteReports(verdict);
        Console.WriteLine();
        Console.WriteLine(TerminalReport.Render(verdict));
        if (verdict.Exit == GateExit.Green && exitCode != 0)
        {
            Console.Error.WriteLine($"molecule: the ledger is green, but the test process exited {exitCode}; see {log}");
            return ExitCodes.Internal;
        }

        if (verdict.Exit != GateExit.Green)
        {
            Console.WriteLine($"session log: {log}");
        }

        return (int)verdict.Exit;
    }
}
