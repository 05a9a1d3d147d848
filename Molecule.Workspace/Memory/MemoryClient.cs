using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.Platform;

namespace Molecule.Workspace.Memory;

/// <summary>The workspace's memories, which the platform keeps (spec/runtimes-and-providers.md 1.8, spec/control-plane.md 3.5).</summary>
public sealed class MemoryClient(PlatformConnection platform, ILogger<MemoryClient> logger)
{
    /// <summary>How many are recalled.</summary>
    public const int Recalled = 10;

    // A turn waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>The last memories, newest first; none where the platform has none to give, which is never a turn's failure.</summary>
    public async Task<ImmutableArray<string>> RecallAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await platform.SendAsync(HttpMethod.Get, platform.Own($"memories?limit={Recalled}"), null, cancellationToken, Limit).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                logger.LogInformation("The platform answers the question for memories with {Status}.", (int)answer.StatusCode);
                return [];
            }

            var list = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) as JsonArray ?? [];
            return [.. list.Select(static m => m is JsonObject memory && memory["content"] is JsonValue said && said.TryGetValue<string>(out var content) ? content : "")
                .Where(static content => content.Length > 0)
                .Take(Recalled)];
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or JsonException)
        {
            logger.LogWarning("No memories from the platform: {Message}", e.Message);
            return [];
        }
    }

    /// <summary>Keeps one memory of this workspace.</summary>
    public async Task KeepAsync(string content, CancellationToken cancellationToken)
    {
        try
        {
            var body = new JsonObject { ["content"] = content, ["scope"] = "LOCAL" };
            using var answer = await platform.SendAsync(HttpMethod.Post, platform.Own("memories"), body, cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                logger.LogInformation("The platform answers a memory with {Status}.", (int)answer.StatusCode);
            }
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            logger.LogWarning("A memory was not kept: {Message}", e.Message);
        }
    }
}
