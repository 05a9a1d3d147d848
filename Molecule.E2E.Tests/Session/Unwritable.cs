namespace Molecule.E2E.Tests.Session;

/// <summary>
/// Ends the process where the run's files cannot be written: nothing that comes after could be recorded either, and a run without its records must
/// not look like one that came to its end (design.md 7: exit code 1).
/// </summary>
internal static class Unwritable
{
    private const int InternalError = 1;

    private static volatile Exception? _cause;

    public static void OrExit(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (Is(e))
        {
            Exit(e);
        }
    }

    public static async Task OrExitAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (Is(e))
        {
            Exit(e);
        }
    }

    // Once the ledger has refused a line it takes no further one, from whichever test.
    private static bool Is(Exception e) => e is IOException or UnauthorizedAccessException || _cause is not null;

    private static void Exit(Exception e)
    {
        _cause ??= e;
        Refusal.Exit($"{_cause.Message}. What this run wrote under artifacts/ is not whole: make room there, or make it writable, and run again.", InternalError);
    }
}
