namespace Molecule.Conformance.Tests;

/// <summary>Linux's process table, as a test needs it.</summary>
internal static class ProcessTable
{
    /// <summary>The running processes that were started with a variable.</summary>
    public static int[] WithVariable(string variable) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id != 0 && Environment(id).Contains(variable) && IsRunning(id)),
    ];

    private static string[] Environment(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/environ").Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether a process runs; one that has ended and waits to be collected by its parent does not.</summary>
    public static bool IsRunning(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
