using System.Collections.Immutable;

namespace Molecule.Contracts.Desktop;

/// <summary>The programs that a desktop is made of, and the browser that looks at it (docs/decisions/0023).</summary>
public static class DesktopPrograms
{
    /// <summary>TigerVNC's X server, whose screen is a VNC server: display and RFB in one process.</summary>
    public const string Server = "Xvnc";

    /// <summary>What stands on the desktop.</summary>
    public const string Terminal = "xterm";

    /// <summary>What people look at it with, in tests.</summary>
    public const string Browser = "chromium";

    /// <summary>What a workspace's desktop needs.</summary>
    public static ImmutableArray<string> OfAWorkspace { get; } = [Server, Terminal];

    /// <summary>What the capability <c>desktop</c> needs.</summary>
    public static ImmutableArray<string> All { get; } = [Server, Terminal, Browser];

    /// <summary>Where a program lies; null where it is in no folder of the path.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="path">Folders as in PATH.</param>
    /// <param name="exists">Whether a file is there.</param>
    public static string? Find(string program, string? path, Func<string, bool> exists)
    {
        ArgumentNullException.ThrowIfNull(exists);
        return (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(exists);
    }

    /// <summary>Those of the programs that are in no folder of the path.</summary>
    public static ImmutableArray<string> Missing(ImmutableArray<string> programs, string? path, Func<string, bool> exists) =>
        [.. programs.Where(program => Find(program, path, exists) is null)];
}
