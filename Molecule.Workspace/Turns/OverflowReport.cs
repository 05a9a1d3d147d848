using System.Text.Json.Nodes;
using Molecule.Workspace.Platform;

namespace Molecule.Workspace.Turns;

/// <summary>Tells the platform that a conversation was begun anew because it had outgrown its model (spec/runtimes-and-providers.md 2.1, 1.8).</summary>
public sealed class OverflowReport(PlatformConnection platform, ILogger<OverflowReport> logger)
{
    /// <summary>The row's method, by which people and tests look for it.</summary>
    public const string Method = "context_overflow_autoheal";

    // The user waits for the turn.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Writes one activity row. That it could not be written is no reason to fail the turn.</summary>
    /// <param name="cause">The agent's error text, masked.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task SendAsync(string cause, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["activity_type"] = "agent_log",
            ["method"] = Method,
            ["status"] = "warning",
            ["summary"] = "The conversation had outgrown the model's context window; it was begun anew with what is remembered, and the message was sent once more.",
            ["error_detail"] = cause,
        };
        try
        {
            using var answer = await platform.SendAsync(HttpMethod.Post, platform.Own("activity"), body, cancellationToken, Limit).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                logger.LogWarning("The platform answers the report of an overflow with {Status}.", (int)answer.StatusCode);
            }
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            logger.LogWarning("The platform was not told of an overflow: {Message}", e.Message);
        }
    }
}
