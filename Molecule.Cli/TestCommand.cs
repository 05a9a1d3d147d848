using System.CommandLine;
using CliWrap;
using Molecule.Harness.Runs;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>test</c>: <c>dotnet test Molecule.sln</c>, every suite one after the other.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var command = new Command("test", "Run every test: dotnet test Molecule.sln.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        var result = await CliWrap.Cli.Wrap("dotnet")
            .WithArguments(["test", "--solution", Path.Combine(repository.Root, "Molecule.sln"), "--max-parallel-test-modules", "1"])
            .WithWorkingDirectory(repository.Root)
            .WithStandardOutputPipe(PipeTarget.ToStream(output))
            .WithStandardErrorPipe(PipeTarget.ToStream(error))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(cancellationToken);
        return result.ExitCode;
    }
}
