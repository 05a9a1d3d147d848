using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.Harness.Runs;

/// <summary>The processes of a run, found by the run marker in their environments.</summary>
public static class RunProcesses
{
    // The reaper carries the run's id with "/reaper" behind it.
    private const char Separator = '/';
    private const int LongestName = 15;

    /// <summary>All living processes that carry the run's marker; this one and those above it, which outlive the run, left out.</summary>
    public static ImmutableArray<ProcessRow> Of(string run)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        var rows = ProcessTable.Read();
        var above = ThisAndAbove(rows);
        return
        [
            .. rows.Where(row =>
                row.State is not ('Z' or 'X')
                && !above.Contains(row.Key.Id)
                && IsOf(run, ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Run))),
        ];
    }

    /// <summary>
    /// What part of the run a process is, by the program it runs: <c>Molecule.Node</c>, <c>Molecule.HostTools reap</c>, <c>claude</c>,
    /// <c>node agent/agent.mjs</c>, <c>postgres</c> for the server and <c>postgres child</c> for those that it makes.
    /// </summary>
    public static string PartOf(ProcessRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var arguments = ProcessTable.Arguments(row.Key.Id);
        var assembly = arguments.FirstOrDefault(static a => a.EndsWith(".dll", StringComparison.Ordinal));
        if (assembly is null)
        {
            return PartOf(row.Name, arguments);
        }

        var verb = arguments.ElementAtOrDefault(arguments.IndexOf(assembly) + 1);
        var program = Path.GetFileNameWithoutExtension(assembly);
        return program == "Molecule.HostTools" ? $"{program} {verb}" : program;
    }

    private static string PartOf(string name, ImmutableArray<string> arguments)
    {
        if (arguments is not [var program, ..])
        {
            return name;
        }

        // A child of the server writes over its arguments what it does (PostgreSQL's documentation, 27.1: "postgres: checkpointer").
        if (program.StartsWith("postgres: ", StringComparison.Ordinal))
        {
            return "postgres child";
        }

        var file = Path.GetFileName(program);

        // Node.js names its process by its main thread; what runs is the script.
        if (file == "node" && arguments.Skip(1).FirstOrDefault(static a => Path.GetExtension(a) is ".js" or ".mjs" or ".cjs") is { } script)
        {
            return $"node {Path.GetFileName(Path.GetDirectoryName(script))}/{Path.GetFileName(script)}";
        }

        // The kernel keeps 15 characters of a name (man 5 proc, comm).
        return name.Length == LongestName && file.StartsWith(name, StringComparison.Ordinal) ? file : name;
    }

    private static HashSet<int> ThisAndAbove(ImmutableArray<ProcessRow> rows)
    {
        var parents = rows.ToDictionary(static r => r.Key.Id, static r => r.ParentId);
        var found = new HashSet<int>();
        for (var id = Environment.ProcessId; found.Add(id) && parents.TryGetValue(id, out var parent); id = parent)
        {
        }

        return found;
    }

    private static bool IsOf(string run, string? marker) =>
        marker == run || marker?.StartsWith(run + Separator, StringComparison.Ordinal) is true;
}
