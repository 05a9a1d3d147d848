namespace Molecule.Workspace.Agents.Hermes;

/// <summary>HERMES_HOME: hermes' state lies with the workspace's configuration, which outlives its home (spec/runtimes-and-providers.md 2.3, 5.3).</summary>
public static class HermesHome
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder; with a folder for configuration, as a link to one in there. A folder that is there already stays.</summary>
    public static void Prepare(string home, string? configFolder)
    {
        if (Directory.Exists(home))
        {
            return;
        }

        if (string.IsNullOrEmpty(configFolder))
        {
            Create(home);
            return;
        }

        var kept = Path.Combine(configFolder, Path.GetFileName(home));
        Create(kept);

        // One that leads nowhere: the configuration has moved.
        File.Delete(home);
        File.CreateSymbolicLink(home, kept);
    }

    private static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }
}
