using System.Globalization;
using Molecule.Processes;

namespace Molecule.HostTools.Containers;

/// <summary>
/// The pid file of a daemon that was killed. dockerd takes any process that has the number by now for its containerd ("containerd is still
/// running") and waits for it in vain.
/// </summary>
public static class StalePidFile
{
    /// <summary>Deletes the file unless the process that it names runs that program.</summary>
    /// <param name="file">Holds a process id; need not exist.</param>
    /// <param name="program">As the process table names it.</param>
    public static void Forget(string file, string program)
    {
        if (File.Exists(file)
            && !(int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ProcessTable.Find(id)?.Name == program))
        {
            File.Delete(file);
        }
    }
}
