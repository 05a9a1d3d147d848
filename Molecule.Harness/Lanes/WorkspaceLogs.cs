namespace Molecule.Harness.Lanes;

/// <summary>What workspaces wrote, where the node keeps it: <c>ROOT/ID/logs</c>.</summary>
public sealed class WorkspaceLogs(string root)
{
    private const int Lines = 30;

    /// <summary>The last lines of a workspace's logs, indented; says so when there are none.</summary>
    public string Tail(string workspaceId)
    {
        var folder = Path.Combine(root, workspaceId, "logs");
        if (!Directory.Exists(folder))
        {
            return $"  none in {folder}";
        }

        var lines = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).SelectMany(ReadShared).TakeLast(Lines).ToList();
        return lines.Count == 0 ? "  empty" : string.Join('\n', lines.Select(static l => "  " + l));
    }

    // The workspace may still be writing.
    private static List<string> ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }
}
