using System.Diagnostics;
using System.Runtime.Versioning;
using Molecule.Node.Volumes;

namespace Molecule.Tests.Node.Volumes;

/// <summary>A workspace's folder as the agents leave it: state of every runtime, a link, an empty folder, a file that only its owner may read.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class SampleWorkspace : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("molecule-volumes-");

    public SampleWorkspace()
    {
        Volumes = new WorkspaceVolumes(Path.Combine(_root.FullName, "ws-1"));
        foreach (var (path, text) in Files)
        {
            Write(path, text);
        }

        Directory.CreateDirectory(Path.Combine(Volumes.Folder, "workspace/empty"));
        File.CreateSymbolicLink(Path.Combine(Volumes.Folder, "home/notes"), "../workspace/notes.md");
        File.CreateSymbolicLink(Path.Combine(Volumes.Folder, "home/nowhere"), "/no/such/place");
        File.SetUnixFileMode(Path.Combine(Volumes.Folder, "home/.codex/auth.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public static (string Path, string Text)[] Files { get; } =
    [
        ("configs/config.yaml", "name: one\n"),
        ("workspace/notes.md", "# Notes\nzwei\n"),
        ("home/.claude/projects/p/s.jsonl", "{}\n{}\n"),
        ("home/.codex/auth.json", "{\"tokens\":{}}"),
        ("home/.openclaw/openclaw.json", "{}"),
        ("home/.hermes/state.db", "\0\u0001binary"),
        ("home/.google-adk/sessions/s.json", ""),
        ("home/a file with spaces and ü", "x"),
    ];

    public WorkspaceVolumes Volumes { get; }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Volumes.Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public string Read(string path) => File.ReadAllText(Path.Combine(Volumes.Folder, path));

    /// <summary>All that the volumes hold, by the system's own tools: no code under test judges itself.</summary>
    public string Listing() => Listing(Volumes.Folder);

    public static string Listing(string folder) => Shell(
        folder, "find configs workspace home -printf '%p %y %m %l\\n' | LC_ALL=C sort; find configs workspace home -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum");

    /// <summary>A copy of the whole folder as it is at this instant: what a kill would leave on the disk.</summary>
    public string Copy(string name)
    {
        var copy = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(copy);
        Shell(Volumes.Folder, $"cp -a . '{copy}'");
        return copy;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static string Shell(string folder, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
