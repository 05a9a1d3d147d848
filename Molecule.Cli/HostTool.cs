using CliWrap;
using Molecule.HostTools.Installing;

namespace Molecule.Cli;

/// <summary>Runs a verb of Molecule.HostTools in the foreground.</summary>
internal static class HostTool
{
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        var result = await CliWrap.Cli.Wrap("dotnet")
            .WithArguments([typeof(PackageInstaller).Assembly.Location, .. arguments])
            .WithWorkingDirectory(Molecule.Harness.Runs.Repository.Find(AppContext.BaseDirectory).Root)
            .WithStandardOutputPipe(PipeTarget.ToStream(output))
            .WithStandardErrorPipe(PipeTarget.ToStream(error))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(cancellationToken);
        return result.ExitCode;
    }
}
