using System.Diagnostics.CodeAnalysis;

namespace Molecule.E2E.Tests.Session;

/// <summary>Ends the process before any cell, because of how it was started.</summary>
internal static class Refusal
{
    private const int BadUsage = 2;

    [DoesNotReturn]
    public static void Exit(string sentence, int code = BadUsage)
    {
        Console.Error.WriteLine($"molecule: {sentence}");
        Environment.Exit(code);
    }
}
