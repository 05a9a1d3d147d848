namespace Molecule.Processes;

/// <summary>
/// The socket and pipes by which debuggers find a .NET process. One that is killed leaves them in its temporary folder
/// (https://learn.microsoft.com/dotnet/core/diagnostics/diagnostic-port; the pipes are the debugger's own).
/// </summary>
public static class DiagnosticFiles
{
    /// <summary>Deletes those of a process that has ended, or is being killed; where there are none, nothing happens.</summary>
    /// <param name="key">The process, whose id and start time their names have: <c>dotnet-diagnostic-10292-5119238-socket</c>.</param>
    /// <param name="temporary">The process's TMPDIR; null where it had none.</param>
    public static void Delete(ProcessKey key, string? temporary)
    {
        var folder = string.IsNullOrEmpty(temporary) ? "/tmp" : temporary;
        foreach (var name in (string[])[$"dotnet-diagnostic-{key.Id}-{key.StartTicks}-socket", $"clr-debug-pipe-{key.Id}-{key.StartTicks}-in", $"clr-debug-pipe-{key.Id}-{key.StartTicks}-out"])
        {
            try
            {
                File.Delete(Path.Combine(folder, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its folder has gone, or it is another user's: nothing of ours is left there.
            }
        }
    }
}
