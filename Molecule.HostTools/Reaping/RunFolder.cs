using System.Text.Json;
using Molecule.Contracts;
using Molecule.HostTools.Installing;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>
/// A run's folder for what lives only as long as it (sockets, the database's files), with a record of the process that holds the
/// run: a later run on this machine finds by it what a run that was killed together with its reaper has left.
/// </summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Run">The run's id.</param>
public sealed record RunFolder(string Path, string Run)
{
    private const string Prefix = "molecule-run-";
    // A folder that is being deleted is renamed first: whoever is killed at it leaves a name behind that says so, not a folder without its record.
    private const string GonePrefix = "molecule-gone-";
    private const string RecordName = "holder.json";

    /// <summary>Where the run's lifeline belongs.</summary>
    public string Lifeline => System.IO.Path.Combine(Path, "lifeline");

    /// <summary>Where the folder of a run lies on this machine, whether it is there or not.</summary>
    public static string PathOf(string run) => PathOf(System.IO.Path.GetTempPath(), run);

    private static string PathOf(string root, string run) => System.IO.Path.Combine(root, Prefix + run);

    /// <summary>Makes the folder of a run that this process holds, below the system's temporary folder. PostgreSQL's user may pass through it.</summary>
    /// <exception cref="IOException">A folder of that run exists already.</exception>
    public static RunFolder Create(string run) => Create(System.IO.Path.GetTempPath(), run, ProcessTable.Self.Key);

    /// <summary>Makes the folder of a run below a given folder, for a given holder.</summary>
    /// <exception cref="IOException">A folder of that run exists already.</exception>
    public static RunFolder Create(string root, string run, ProcessKey holder)
    {
        var path = PathOf(root, run);
        if (Directory.Exists(path))
        {
            throw new IOException($"The run folder '{path}' exists already: another run has the id '{run}'.");
        }

        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, CacheFolder.ReadableByAll);
        var record = new Record(run, holder.Id, holder.StartTicks, BootId());
        var partial = System.IO.Path.Combine(path, RecordName + ".partial");
        File.WriteAllText(partial, JsonSerializer.Serialize(record, ContractJson.Compact));
        File.Move(partial, System.IO.Path.Combine(path, RecordName));
        return new RunFolder(path, run);
    }

    /// <summary>The folders below <paramref name="root"/> whose holder has gone, and those that somebody began to delete.</summary>
    public static IEnumerable<RunFolder> Abandoned(string root)
    {
        foreach (var path in Directory.EnumerateDirectories(root, GonePrefix + "*"))
        {
            yield return new RunFolder(path, System.IO.Path.GetFileName(path)[GonePrefix.Length..]);
        }

        foreach (var path in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            if (Read(path) is { } record && (record.Boot != BootId() || !ProcessTable.IsRunning(new ProcessKey(record.HolderId, record.HolderStartTicks))))
            {
                yield return new RunFolder(path, record.Run);
            }
        }
    }

    /// <summary>Deletes the folder and all in it. Says false where something in it is not ours to delete.</summary>
    public bool TryDelete()
    {
        try
        {
            var gone = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, GonePrefix + Run);
            if (gone != Path)
            {
                Directory.Move(Path, gone);
            }

            Directory.Delete(gone, recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Record? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Record>(File.ReadAllText(System.IO.Path.Combine(path, RecordName)), ContractJson.Compact);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // Being made just now, being deleted just now, or another user's.
            return null;
        }
    }

    // Start times count from the boot (man 5 proc), so they say nothing across one.
    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private sealed record Record(string Run, int HolderId, long HolderStartTicks, string Boot);
}
