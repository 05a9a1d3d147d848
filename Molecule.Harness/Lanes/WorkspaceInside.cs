using System.Collections.Immutable;
using System.Text;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.Harness.Lanes;

/// <summary>Looks into a workspace from outside: the environments of its processes and its files, where the node keeps it (<c>ROOT/ID</c>).</summary>
public sealed class WorkspaceInside(string root)
{
    /// <summary>What is there of some secrets. No value of theirs is kept.</summary>
    /// <param name="workspace">The workspace's id.</param>
    /// <param name="secrets">What is looked for, by the name under which it is reported.</param>
    public InsideView Look(string workspace, IReadOnlyDictionary<string, string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var processes = ProcessTable.Read()
            .Where(row => ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Workspace) == workspace)
            .Select(row => (row.Name, Variables: ProcessTable.EnvironmentOf(row.Key.Id)))
            .Where(static process => !process.Variables.IsEmpty)
            .Select(process => new InsideProcess(
                process.Name,
                [.. process.Variables.Select(static v => v.Key)],
                [.. from v in process.Variables from secret in secrets where v.Value.Contains(secret.Value, StringComparison.Ordinal) select new FoundSecret(secret.Key, v.Key)]));
        return new InsideView([.. processes], FindInFiles(Path.Combine(root, workspace), secrets));
    }

    private static ImmutableArray<FoundSecret> FindInFiles(string folder, IReadOnlyDictionary<string, string> secrets)
    {
        var found = ImmutableArray.CreateBuilder<FoundSecret>();
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

        // A pipe has no length and blocks whoever opens it until somebody writes: the .NET runtime leaves one beside its temporary files
        // (clr-debug-pipe-PID-...-out).
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", everything).Where(static f => f is { Exists: true, Length: > 0 }))
        {
            if (ReadOrNull(file.FullName) is { } content)
            {
                found.AddRange(secrets.Where(s => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(s.Value)) >= 0).Select(s => new FoundSecret(s.Key, Path.GetRelativePath(folder, file.FullName))));
            }
        }

        return found.ToImmutable();
    }

    // The workspace lives on while it is looked at: a file may go.
    private static byte[]? ReadOrNull(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>What a look into a workspace has shown.</summary>
/// <param name="Processes">Its living processes.</param>
/// <param name="InFiles">Which secrets stand in its files.</param>
public sealed record InsideView(ImmutableArray<InsideProcess> Processes, ImmutableArray<FoundSecret> InFiles)
{
    /// <summary>Which secrets stand in its processes' environments.</summary>
    public IEnumerable<FoundSecret> InEnvironments => Processes.SelectMany(static p => p.Found);
}

/// <summary>A process of a workspace.</summary>
/// <param name="Name">Its name in the process table.</param>
/// <param name="Variables">The names of its environment's variables.</param>
/// <param name="Found">Which secrets stand in their values.</param>
public sealed record InsideProcess(string Name, ImmutableSortedSet<string> Variables, ImmutableArray<FoundSecret> Found);

/// <summary>A secret's name, and the variable or file that holds it.</summary>
public sealed record FoundSecret(string Secret, string Where);
