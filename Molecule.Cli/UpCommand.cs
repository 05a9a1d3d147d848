using System.CommandLine;
using CliWrap;
using Molecule.Harness.Runs;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>up</c>: the graph without cells, until Ctrl+C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var command = new Command("up", "Start the graph and keep it until Ctrl+C.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        using var kill = new CancellationTokenSource();
        try
        {
            // Ctrl+C is the graph's to answer: it stops in order, and this command waits for it.
            var result = await CliWrap.Cli.Wrap("dotnet")
                .WithArguments([BuiltPrograms.AppHost])
                .WithWorkingDirectory(Repository.Find(AppContext.BaseDirectory).Root)
                .WithEnvironmentVariables(static v => v.Set("DOTNET_ENVIRONMENT", "Development").Set("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"))
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStream(error))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(kill.Token, cancellationToken);
            return result.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }
}
