using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.Harness.Runs;

/// <summary>The processes of a run, found by the run marker in their environments.</summary>
public static class RunProcesses
{
    // The reaper carries the run's id with "/reaper" behind it.
    private const char Separator = '/';

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

    /// <summary>What part of the run a process is, by the program it runs: <c>Molecule.Node</c>, <c>Molecule.HostTools reap</c>, <c>postgres</c>, <c>claude</c>.</summary>
    public static string PartOf(ProcessRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var arguments = ProcessTable.Arguments(row.Key.Id);
        var assembly = arguments.FirstOrDefault(static a => a.EndsWith(".dll", StringComparison.Ordinal));
        if (assembly is null)
        {
            return row.Name;
        }

        var verb = arguments.ElementAtOrDefault(arguments.IndexOf(assembly) + 1);
        var program = Path.GetFileNameWithoutExtension(assembly);
        return program == "Molecule.HostTools" ? $"{program} {verb}" : program;
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
