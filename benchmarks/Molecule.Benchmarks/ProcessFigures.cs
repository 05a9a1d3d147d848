using System.Collections.Immutable;
using System.Globalization;
using Molecule.Processes;

namespace Molecule.Benchmarks;

/// <summary>Computing time of processes, their ended children included (man 5 proc, stat, fields 14 to 17).</summary>
internal static class CpuTime
{
    // USER_HZ, 100 on every architecture of Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static double OfSeconds(ImmutableArray<ProcessRow> rows) => rows.Sum(static row =>
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{row.Key.Id.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[11..15].Sum(static ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (IOException)
        {
            // It has ended: from now on it counts with its parent.
            return 0;
        }
    });
}

/// <summary>What a process holds, pages shared with others counted by their share (man 5 proc, smaps_rollup, Pss).</summary>
internal static class Memory
{
    private const string Line = "Pss:";

    public static double ProportionalKibibytes(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/smaps_rollup").First(static l => l.StartsWith(Line, StringComparison.Ordinal));
            return double.Parse(line[Line.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return 0;
        }
    }
}
