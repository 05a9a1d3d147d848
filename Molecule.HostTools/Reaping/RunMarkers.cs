using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>The run markers of all processes, read from their environments and remembered between readings to be cheap.</summary>
/// <remarks>
/// A program's environment changes when it starts another one in its place (exec). That shows in its name, as a rule; what it
/// does not show in is found by reading everything afresh now and then.
/// </remarks>
public sealed class RunMarkers
{
    private const int ReadingsRemembered = 10;

    private Dictionary<ProcessKey, Memory> _known = [];
    private int _reading;

    /// <summary>Begins a new reading and forgets the processes that are not in it.</summary>
    /// <param name="rows">The process table.</param>
    /// <param name="afresh">Read everything anew: before processes are killed.</param>
    public Func<ProcessRow, string?> Begin(ImmutableArray<ProcessRow> rows, bool afresh)
    {
        var old = _known;
        _known = new Dictionary<ProcessKey, Memory>(rows.Length);
        _reading++;
        return row =>
        {
            if (!_known.TryGetValue(row.Key, out var memory))
            {
                memory = !afresh && old.TryGetValue(row.Key, out var earlier) && earlier.Name == row.Name && _reading - earlier.Reading < ReadingsRemembered
                    ? earlier
                    : new Memory(row.Name, ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Run), _reading);
                _known[row.Key] = memory;
            }

            return memory.Marker;
        };
    }

    private sealed record Memory(string Name, string? Marker, int Reading);
}
