using System.CommandLine;
using CliWrap;
using Molecule.Harness.Runs;
using Molecule.Processes;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>up</c>: the graph without cells, until Ctrl+C. What dies is started again (Molecule.AppHost/Up).</summary>
internal static class UpCommand
{
    /// <summary>Longer than the graph takes to stop in the worst case: 6 s for roots, 6 s for what outlives them, and its own end.</summary>
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var command = new Command("up", "Start the graph, print its URLs, start again what dies, and stop on Ctrl+C.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        using var kill = new CancellationTokenSource();
        try
        {
            // Ctrl+C is the graph's to answer: it stops in order, and this command waits for it. CliWrap asks with INT, which a shell's
            // background job was born to ignore; TERM reaches that one too.
            var running = CliWrap.Cli.Wrap("dotnet")
                .WithArguments([BuiltPrograms.AppHost, "--Molecule:Up=true"])
                .WithWorkingDirectory(repository.Root)
                .WithEnvironmentVariables(LaunchProfile.Of(repository))
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStream(error))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(kill.Token, cancellationToken);
            await using var asked = cancellationToken.Register(() => Terminate(running.ProcessId));
            var result = await running;
            if (cancellationToken.IsCancellationRequested)
            {
                return 0;
            }

            await Console.Error.WriteLineAsync($"molecule: the graph has ended by itself (exit code {result.ExitCode}); the lines above say why.");
            return result.ExitCode == 0 ? ExitCodes.Internal : result.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static void Terminate(int process)
    {
        if (OperatingSystem.IsLinux() && ProcessTable.Find(process) is { } row)
        {
            ProcessTable.Terminate(row.Key);
        }
    }
}
