namespace Molecule.Node.Workspaces;

/// <summary>A workspace's own folders below the node's root. They outlive the workspace's processes.</summary>
public sealed record WorkspaceFolders(string Configs, string Work, string Home, string Temporary, string Logs)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What the workspace wrote to stdout and stderr, all incarnations of it.</summary>
    public string LogFile => Path.Combine(Logs, "workspace.log");

    /// <summary>Where they are inside a container of a runtime's image (spec/control-plane.md 5.1, spec/runtimes-and-providers.md 2): its temporary files are its own.</summary>
    public static WorkspaceFolders InContainers { get; } = new("/configs", "/workspace", "/home/agent", "/tmp", "");

    /// <summary>Makes the folders where they are missing; the temporary one is emptied.</summary>
    public static WorkspaceFolders Prepare(string root, string workspaceId)
    {
        var folders = new WorkspaceFolders(
            Path.Combine(root, workspaceId, "configs"),
            Path.Combine(root, workspaceId, "workspace"),
            Path.Combine(root, workspaceId, "home"),
            Path.Combine(root, workspaceId, "tmp"),
            Path.Combine(root, workspaceId, "logs"));
        if (Directory.Exists(folders.Temporary))
        {
            Directory.Delete(folders.Temporary, recursive: true);
        }

        foreach (var folder in (string[])[folders.Configs, folders.Work, folders.Home, folders.Temporary, folders.Logs])
        {
            Create(folder);
        }

        return folders;
    }

    internal static void Create(string folder)
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
