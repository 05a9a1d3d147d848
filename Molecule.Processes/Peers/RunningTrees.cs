using System.Collections.Concurrent;
using Molecule.Contracts.Journal;

namespace Molecule.Processes.Peers;

/// <summary>Tells which tree of npm packages a Node process runs, as the kernel shows it. Thread-safe.</summary>
/// <remarks>
/// By its main script where the command line still stands; a program that has given itself another name has overwritten that, and
/// is known by the native modules of the tree that are mapped into it (man 5 proc: cmdline, maps). The tree is read whole once, and
/// for each further process only looked at: it is read again when a size or a time has changed.
/// </remarks>
internal sealed class RunningTrees
{
    private const string NodeName = "node";
    private const string NativeModule = ".node";

    private readonly ConcurrentDictionary<ProcessKey, RunningTree> _processes = new();
    private readonly ConcurrentDictionary<string, (string Look, string Digest)> _digests = new(StringComparer.Ordinal);
    private readonly Lock _reading = new();

    /// <summary>The tree that a process runs; null where it is no Node program, or runs none.</summary>
    /// <exception cref="IOException">The tree cannot be read.</exception>
    public RunningTree? Of(ProcessKey process, string executable)
    {
        if (Path.GetFileName(executable) is not NodeName)
        {
            return null;
        }

        if (_processes.TryGetValue(process, out var known))
        {
            return known;
        }

        if (Look(process) is not { } tree)
        {
            // It may still be on its way to its script.
            return null;
        }

        return _processes.GetOrAdd(process, tree);
    }

    private RunningTree? Look(ProcessKey process)
    {
        // Code that node runs before the script, or the script's own absence, leaves nothing to vouch for.
        if (ProcessTable.EnvironmentVariable(process.Id, "NODE_OPTIONS") is { Length: > 0 })
        {
            return null;
        }

        var arguments = ProcessTable.Arguments(process.Id);
        if (arguments.Length > 1 && Split(arguments[1]) is var (folder, script))
        {
            return new RunningTree(script, DigestOf(folder));
        }

        // A renamed process has one argument: its name, padded to the length of what stood there.
        return arguments.Length == 1 && MappedModules(process.Id).Select(Split).OfType<(string Folder, string File)>().Select(static m => m.Folder).Distinct().ToList() is [var only]
            ? new RunningTree(null, DigestOf(only))
            : null;
    }

    private static IEnumerable<string> MappedModules(int id) =>
        File.ReadLines($"/proc/{id}/maps")
            .Select(static line => line.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? line[slash..] : "")
            .Where(static path => path.EndsWith(NativeModule, StringComparison.Ordinal));

    // The outermost node_modules: a package may bring its own inside.
    private static (string Folder, string File)? Split(string path)
    {
        const string Segment = $"/{PackageTree.FolderName}/";
        return Path.IsPathRooted(path) && path.IndexOf(Segment, StringComparison.Ordinal) is var at and >= 0
            ? (path[..(at + Segment.Length - 1)], path[(at + Segment.Length)..])
            : null;
    }

    private string DigestOf(string folder)
    {
        lock (_reading)
        {
            var look = PackageTree.LookOf(folder);
            if (_digests.TryGetValue(folder, out var known) && known.Look == look)
            {
                return known.Digest;
            }

            var digest = PackageTree.DigestOf(folder);
            _digests[folder] = (look, digest);
            return digest;
        }
    }
}
