using Molecule.Coverage.Planning;

namespace Molecule.E2E.Tests.Session;

/// <summary>Ends this process when the launcher has gone: without it nobody would read the verdict, and the graph would run on for nobody.</summary>
internal static class LauncherWatch
{
    private const int Internal = 1;

    /// <summary>Watches standard input where the launcher says that it holds the other end. An end of it is the launcher's end, however it came.</summary>
    public static void Begin()
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(RunVariables.HeldByStdin)))
        {
            // A thread of its own: reading a pipe on Linux blocks, and no task of the session may be held up by it.
            new Thread(Watch) { IsBackground = true, Name = "launcher watch" }.Start();
        }
    }

    private static void Watch()
    {
        using var input = Console.OpenStandardInput();
        var nothing = new byte[1];
        while (input.Read(nothing) > 0)
        {
            // The launcher never writes; whatever comes is ignored.
        }

        // Nobody is left to say it to: what cannot be written back lies in the user's state folder.
        if (RunSession.Login?.TakeBackAsync(CancellationToken.None).GetAwaiter().GetResult() is { } problem)
        {
            Console.Error.WriteLine($"molecule: {problem}");
        }

        Console.Error.WriteLine("molecule: the launcher has gone; this run ends without a verdict.");
        Environment.Exit(Internal);
    }
}
