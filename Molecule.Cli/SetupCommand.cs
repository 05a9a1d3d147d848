using System.CommandLine;

namespace Molecule.Cli;

/// <summary><c>setup</c>: fills the cache ahead of a run. The only verb that may use apt or start an engine; nothing that is built needs either yet.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        var command = new Command("setup", "Install what a run needs into the per-machine cache, ahead of the run.");
        command.SetAction(async (_, cancellationToken) =>
        {
            foreach (var what in (string[])["runtimes", "postgres"])
            {
                if (await HostTool.RunAsync(["install", what], cancellationToken) is var code and not 0)
                {
                    return code;
                }
            }

            return 0;
        });
        return command;
    }
}
