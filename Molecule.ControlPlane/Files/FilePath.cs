namespace Molecule.ControlPlane.Files;

/// <summary>Paths of a workspace's files (spec/control-plane.md 3.8): relative to their root, without a way out of it.</summary>
public static class FilePath
{
    /// <summary>The folders that a workspace shows; the platform keeps its own copy of the first.</summary>
    public static readonly string[] Roots = ["/configs", "/workspace", "/home", "/plugins"];

    private const int Longest = 512;

    /// <summary>The path as it is kept, or why it is refused.</summary>
    public static (string Path, string? Problem) Read(string? path) => path switch
    {
        null or "" => ("", "path is required"),
        { Length: > Longest } => ("", $"path must be at most {Longest} characters"),
        _ when path[0] == '/' => ("", "absolute paths not permitted"),
        _ when path.Contains('\0', StringComparison.Ordinal) || path.Contains('\\', StringComparison.Ordinal) || path.Split('/').Any(static part => part is "" or "." or "..") => ("", "invalid path"),
        _ => (path, null),
    };
}
