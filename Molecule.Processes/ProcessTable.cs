using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Molecule.Processes;

/// <summary>Linux's process table, read from /proc. Processes that end while it is read are left out.</summary>
public static partial class ProcessTable
{
    private const int SignalInterrupt = 2;
    private const int SignalQuit = 3;
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    /// <summary>All processes that may be seen.</summary>
    public static ImmutableArray<ProcessRow> Read()
    {
        var rows = ImmutableArray.CreateBuilder<ProcessRow>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Find(id) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows.ToImmutable();
    }

    /// <summary>One process, or null where there is none with that id.</summary>
    public static ProcessRow? Find(int id)
    {
        var text = ReadOrNull($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
        return text is null ? null : Parse(id, text);
    }

    /// <summary>The row of this process.</summary>
    public static ProcessRow Self => Find(Environment.ProcessId) ?? throw new InvalidOperationException("/proc does not show this process.");

    /// <summary>One variable of a process's initial environment; null where it is unset or may not be read.</summary>
    public static string? EnvironmentVariable(int id, string name)
    {
        var text = ReadOrNull($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/environ");
        if (text is null)
        {
            return null;
        }

        foreach (var entry in text.Split('\0'))
        {
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }

        return null;
    }

    /// <summary>A process's whole initial environment; empty where it has ended or may not be read.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> EnvironmentOf(int id) =>
        ReadOrNull($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/environ") is { } text
            ? [.. from entry in text.Split('\0') let at = entry.IndexOf('=', StringComparison.Ordinal) where at > 0 select KeyValuePair.Create(entry[..at], entry[(at + 1)..])]
            : [];

    /// <summary>A process's command line; empty where it has ended or may not be read.</summary>
    public static ImmutableArray<string> Arguments(int id) =>
        ReadOrNull($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/cmdline") is { Length: > 0 } text ? [.. text.TrimEnd('\0').Split('\0')] : [];

    /// <summary>A process's descendants among the rows, nearest first; itself not included.</summary>
    public static ImmutableArray<ProcessRow> Descendants(ImmutableArray<ProcessRow> rows, int id)
    {
        var children = rows.ToLookup(static r => r.ParentId);
        var found = ImmutableArray.CreateBuilder<ProcessRow>();
        var seen = new HashSet<int> { id };
        var next = new Queue<int>([id]);
        while (next.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                if (seen.Add(child.Key.Id))
                {
                    found.Add(child);
                    next.Enqueue(child.Key.Id);
                }
            }
        }

        return found.ToImmutable();
    }

    /// <summary>Whether that very process still runs; one that has ended and only waits to be collected does not.</summary>
    public static bool IsRunning(ProcessKey key) => Find(key.Id) is { State: not ('Z' or 'X') } row && row.Key == key;

    /// <summary>Sends KILL to that very process, and deletes what the runtime of a .NET process would have. False when it had gone already.</summary>
    public static bool Kill(ProcessKey key)
    {
        var temporary = EnvironmentVariable(key.Id, "TMPDIR");
        if (!Signal(key, SignalKill))
        {
            return false;
        }

        DiagnosticFiles.Delete(key, temporary);
        return true;
    }

    /// <summary>Sends TERM to that very process. False when it had gone already.</summary>
    public static bool Terminate(ProcessKey key) => Signal(key, SignalTerminate);

    /// <summary>Sends INT to that very process. False when it had gone already.</summary>
    public static bool Interrupt(ProcessKey key) => Signal(key, SignalInterrupt);

    /// <summary>Sends QUIT to that very process. False when it had gone already.</summary>
    public static bool Quit(ProcessKey key) => Signal(key, SignalQuit);

    /// <summary>Freezes that very process. False when it had gone already.</summary>
    public static bool Freeze(ProcessKey key) => Signal(key, SignalStop);

    /// <summary>Lets a frozen process run on. False when it had gone already.</summary>
    public static bool Thaw(ProcessKey key) => Signal(key, SignalContinue);

    private static bool Signal(ProcessKey key, int signal) => IsRunning(key) && Kill(key.Id, signal) == 0;

    // "1234 (a name) with) parens) S 1 1234 ...": the name ends at the last parenthesis; field 3 is the state, 4 the parent, 22 the start time.
    internal static ProcessRow? Parse(int id, string stat)
    {
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        if (open < 0 || close < open)
        {
            return null;
        }

        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new ProcessRow(
                new ProcessKey(id, long.Parse(fields[19], CultureInfo.InvariantCulture)),
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[0][0],
                stat[(open + 1)..close]);
    }

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or is not ours to read.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int id, int signal);
}
