using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Aspire.Hosting.Running;

/// <summary>A process for certain: process ids are used again, together with the start time they are not.</summary>
internal readonly record struct ProcessIdentity(int Id, long StartTicks);

/// <summary>Processes and their descendants, read from /proc (man 5 proc), and the signals sent to them.</summary>
internal static partial class ProcessTree
{
    private const int SignalTerminate = 15;
    private const int SignalKill = 9;
    private const int SignalStop = 19;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    public static ProcessIdentity? Find(int id) => Row(id) is { State: not ('Z' or 'X') } row ? row.Identity : null;

    public static bool IsRunning(ProcessIdentity process) => Find(process.Id) == process;

    /// <summary>Adds the descendants of the processes in a set to it; those whose parent has gone meanwhile stay.</summary>
    public static void AddDescendants(HashSet<ProcessIdentity> known)
    {
        if (!IsSupported || known.Count == 0)
        {
            return;
        }

        var rows = Rows();
        var children = rows.ToLookup(static r => r.ParentId);
        var alive = rows.Select(static r => r.Identity).ToHashSet();
        var open = new Queue<ProcessIdentity>(known.Where(alive.Contains));
        while (open.TryDequeue(out var parent))
        {
            foreach (var child in children[parent.Id])
            {
                if (known.Add(child.Identity))
                {
                    open.Enqueue(child.Identity);
                }
            }
        }
    }

    /// <summary>Adds every process in whose environment some text stands, whoever its parent is by now.</summary>
    public static void AddMarked(HashSet<ProcessIdentity> known, string text)
    {
        if (!IsSupported)
        {
            return;
        }

        var marker = Encoding.UTF8.GetBytes(text);
        foreach (var row in Rows().Where(r => !known.Contains(r.Identity) && r.Identity.Id != Environment.ProcessId))
        {
            if (EnvironmentOf(row.Identity.Id).IndexOf(marker) >= 0)
            {
                known.Add(row.Identity);
            }
        }
    }

    public static void Terminate(ProcessIdentity process) => Send(process, SignalTerminate);

    public static void Kill(ProcessIdentity process) => Send(process, SignalKill);

    /// <summary>Halts a process, so that it cannot start another while its family is being killed.</summary>
    public static void Halt(ProcessIdentity process) => Send(process, SignalStop);

    private static void Send(ProcessIdentity process, int signal)
    {
        if (IsRunning(process))
        {
            // An error here means that it has gone meanwhile.
            _ = SendSignal(process.Id, signal);
        }
    }

    private static ProcessRow[] Rows() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static d => int.TryParse(Path.GetFileName(d.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Row(id) : null)
            .OfType<ProcessRow>(),
    ];

    private static ReadOnlySpan<byte> EnvironmentOf(int id)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is not ours.
            return [];
        }
    }

    // "1234 (a name) with) parens) S 1 ...": field 3 is the state, 4 the parent, 22 the start time.
    private static ProcessRow? Row(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20
            ? null
            : new ProcessRow(
                new ProcessIdentity(id, long.Parse(fields[19], CultureInfo.InvariantCulture)), int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0]);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int id, int signal);

    private sealed record ProcessRow(ProcessIdentity Identity, int ParentId, char State);
}
