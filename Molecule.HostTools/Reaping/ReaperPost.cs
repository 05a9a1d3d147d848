using System.Text.Json;
using Molecule.Contracts;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>The post of a run's reaper, which one process at a time may fill: a locked file beside the lifeline, and one that says who.</summary>
public sealed class ReaperPost : IDisposable
{
    private readonly string _lifeline;
    private readonly FileStream _lock;

    private ReaperPost(string lifeline, FileStream held)
    {
        _lifeline = lifeline;
        _lock = held;
    }

    /// <summary>Takes the post, or null where another reaper fills it.</summary>
    public static ReaperPost? TryTake(string lifeline)
    {
        try
        {
            // FileShare.None is an exclusive flock on Linux, freed by the kernel when its holder ends.
            return new ReaperPost(lifeline, new FileStream(LockPath(lifeline), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            return null;
        }
    }

    /// <summary>Says that this process is at work.</summary>
    public void Announce()
    {
        var partial = NamePath(_lifeline) + ".partial";
        File.WriteAllText(partial, JsonSerializer.Serialize(ProcessTable.Self.Key, ContractJson.Compact));
        File.Move(partial, NamePath(_lifeline), overwrite: true);
    }

    /// <summary>The reaper at work; null where there is none.</summary>
    public static ProcessKey? Holder(string lifeline)
    {
        try
        {
            var key = JsonSerializer.Deserialize<ProcessKey>(File.ReadAllText(NamePath(lifeline)), ContractJson.Compact);
            return ProcessTable.IsRunning(key) ? key : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Leaves the post; its files are deleted.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(_lifeline)))
        {
            File.Delete(NamePath(_lifeline));
            File.Delete(LockPath(_lifeline));
        }

        _lock.Dispose();
    }

    private static string LockPath(string lifeline) => lifeline + ".reaper.lock";

    private static string NamePath(string lifeline) => lifeline + ".reaper";
}
