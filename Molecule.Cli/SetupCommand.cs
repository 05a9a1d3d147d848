using System.CommandLine;
using Molecule.HostTools.Containers;
using Molecule.HostTools.Desktop;
using Molecule.HostTools.Installing;

namespace Molecule.Cli;

/// <summary><c>setup</c>: fills the cache ahead of a run. The only verb that may use apt or start an engine.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        var command = new Command("setup", "Install what a run needs into the per-machine cache, ahead of the run.");
        command.SetAction(async (_, cancellationToken) =>
        {
            foreach (var what in (string[])["runtimes", "postgres", "novnc"])
            {
                if (await HostTool.RunAsync(["install", what], cancellationToken) is var code and not 0)
                {
                    return code;
                }
            }

            // A machine that cannot have an engine or a desktop is told so, and can do all but what needs one.
            await new EngineInstaller(CacheFolder.OfThisMachine(), Console.Out, TimeProvider.System).EnsureAsync(cancellationToken);
            await new DesktopInstaller(CacheFolder.OfThisMachine(), Console.Out, TimeProvider.System).EnsureAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
