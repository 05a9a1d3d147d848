using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Platform;

namespace Molecule.Workspace.A2A;

/// <summary><c>GET /transcript?since=&amp;limit=</c>: the conversation as the runtime keeps it, to the holder of the workspace's own token (spec/runtimes-and-providers.md 1.5).</summary>
public static class TranscriptEndpoint
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 1000;

    // The control plane passes 1 MB on (spec/control-plane.md 3.2); escaping may double a line.
    private const int LargestPage = 400_000;

    public static void MapTranscript(this WebApplication app) => app.MapGet("/transcript", HandleAsync);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string? since, string? limit, AgentSlot slot, TokenStore tokens, ErrorMask mask, WorkspaceSettings settings)
    {
        if (!IsHolder(context.Request.Headers.Authorization.ToString(), tokens.ReadAuthToken()))
        {
            return Results.Json(new { error = "the workspace's auth token is required as a bearer" }, statusCode: StatusCodes.Status401Unauthorized);
        }

        if (Number(since, 0, int.MaxValue, 0) is not { } first)
        {
            return Bad("since has to be the cursor of an earlier answer, 0 or more");
        }

        if (Number(limit, 1, LargestLimit, DefaultLimit) is not { } most)
        {
            return Bad($"limit has to be a whole number from 1 to {LargestLimit}");
        }

        if (slot.Ready is not { } agent)
        {
            return Results.Json(new { runtime = settings.Runtime, supported = false, lines = Array.Empty<string>(), cursor = first, more = false, source = "" });
        }

        var transcript = await agent.TranscriptAsync(context.RequestAborted);
        var lines = new List<string>();
        var size = 0;
        foreach (var line in transcript.Lines.Skip(first).Take(most))
        {
            size += line.Length;
            if (size > LargestPage && lines.Count > 0)
            {
                break;
            }

            lines.Add(mask.Mask(line));
        }

        var cursor = first + lines.Count;
        return Results.Json(new { runtime = settings.Runtime, supported = true, lines, cursor, more = cursor < transcript.Lines.Length, source = transcript.Source });
    }

    // Without a token of our own nobody is its holder.
    private static bool IsHolder(string authorization, string? token) =>
        token is not null
        && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization["Bearer ".Length..].Trim()), Encoding.UTF8.GetBytes(token));

    private static int? Number(string? text, int least, int most, int otherwise) =>
        string.IsNullOrEmpty(text) ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : null;

    private static IResult Bad(string error) => Results.Json(new { error }, statusCode: StatusCodes.Status400BadRequest);
}
