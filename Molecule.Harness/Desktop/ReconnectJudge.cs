using System.Collections.Immutable;
using System.Net;

namespace Molecule.Harness.Desktop;

/// <summary>Whether a dropped connection came back to its session without losing control (spec/runtimes-and-providers.md 5.1).</summary>
public static class ReconnectJudge
{
    // One colour is an empty screen.
    private const int Picture = 2;

    /// <summary>What is wrong; nothing where all is well.</summary>
    public static ImmutableArray<string> Problems(ReconnectShown shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var problems = ImmutableArray.CreateBuilder<string>();
        if (shown.ColoursBefore < Picture)
        {
            problems.Add($"no picture was seen before the drop: {shown.ColoursBefore} colour(s)");
        }

        if (shown.WhileDropped != (int)HttpStatusCode.Conflict)
        {
            problems.Add($"control was lost with the connection: another who asked for it meanwhile was answered {shown.WhileDropped} instead of 409");
        }

        if (shown.Refused is { } why)
        {
            problems.Add($"the session was not come back to: {why}");
        }
        else if (shown.ColoursAfter < Picture)
        {
            problems.Add($"no picture was seen after the drop: {shown.ColoursAfter} colour(s)");
        }

        if (shown.Typed != shown.Right)
        {
            problems.Add($"what was typed did not arrive in the same session: '{shown.Typed}' instead of '{shown.Right}'");
        }

        return problems.ToImmutable();
    }
}
