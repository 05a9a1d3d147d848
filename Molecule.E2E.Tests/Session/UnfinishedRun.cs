namespace Molecule.E2E.Tests.Session;

/// <summary>
/// Keeps a process that ends in the middle of its run from exiting 0: whoever calls Environment.Exit in a test ends the process before the session
/// can say what did not run. One that ends with another code has said why by itself.
/// </summary>
internal static class UnfinishedRun
{
    private const int Uncovered = 4;

    public static void Watch() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        if (RunSession.IsUnfinished && Environment.ExitCode == 0)
        {
            Console.Error.WriteLine("molecule: the process ends in the middle of its run: the ledger has no end record, and nothing in it counts as whole.");
            Environment.ExitCode = Environment.ExitCode == 0 ? Uncovered : Environment.ExitCode;
        }
    };
}
