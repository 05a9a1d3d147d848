using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>What tells the platform of the workspace: registration, heartbeat, card (spec/runtimes-and-providers.md 1.2, 1.3).</summary>
public sealed class PlatformClient(PlatformConnection platform, WorkspaceSettings settings, TokenStore tokens, TimeProvider time, ILogger<PlatformClient> logger)
{
    private const int Attempts = 8;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Registers: at most 8 tries, 1, 2, 4 ... 30 s apart, after transport errors and 5xx; any 4xx ends the tries at once.
    /// </summary>
    /// <returns>Whether the platform took the registration.</returns>
    public async Task<bool> RegisterAsync(string url, JsonObject card, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["id"] = settings.Id,
            ["url"] = url,
            ["agent_card"] = card.DeepClone(),
            ["delivery_mode"] = "push",
            ["kind"] = "workspace",
        };
        var delay = FirstDelay;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                using var answer = await platform.SendOnceAsync(HttpMethod.Post, "/registry/register", body, cancellationToken).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                {
                    await KeepSecretsAsync(answer, cancellationToken).ConfigureAwait(false);
                    logger.LogInformation("Registered with {Platform} as {Url}.", settings.PlatformUrl, url);
                    return true;
                }

                if ((int)answer.StatusCode < 500)
                {
                    logger.LogError(
                        "{Platform} refuses the registration with {Status}: {Answer}",
                        settings.PlatformUrl,
                        (int)answer.StatusCode,
                        await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
                    return false;
                }

                logger.LogWarning("{Platform} answers the registration with {Status}, try {Attempt} of {Attempts}.", settings.PlatformUrl, (int)answer.StatusCode, attempt, Attempts);
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                logger.LogWarning("{Platform} cannot be reached, try {Attempt} of {Attempts}: {Message}", settings.PlatformUrl, attempt, Attempts, e.Message);
            }

            if (attempt < Attempts)
            {
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }

        return false;
    }

    /// <summary>Sends one heartbeat.</summary>
    /// <exception cref="HttpRequestException">The platform cannot be reached.</exception>
    /// <exception cref="TimeoutException">The platform did not answer.</exception>
    public async Task<HttpStatusCode> HeartbeatAsync(Heartbeat heartbeat, CancellationToken cancellationToken)
    {
        using var answer = await platform.SendAsync(HttpMethod.Post, "/registry/heartbeat", heartbeat.ToJson(settings), cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode)
        {
            await KeepSecretsAsync(answer, cancellationToken).ConfigureAwait(false);
        }

        return answer.StatusCode;
    }

    /// <summary>Tells that the agent card has changed (spec/control-plane.md 3.3).</summary>
    /// <exception cref="HttpRequestException">The platform cannot be reached.</exception>
    /// <exception cref="TimeoutException">The platform did not answer.</exception>
    public async Task<HttpStatusCode> UpdateCardAsync(JsonObject card, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["workspace_id"] = settings.Id, ["agent_card"] = card.DeepClone() };
        using var answer = await platform.SendAsync(HttpMethod.Post, "/registry/update-card", body, cancellationToken).ConfigureAwait(false);
        return answer.StatusCode;
    }

    private async Task KeepSecretsAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        JsonObject? body;
        try
        {
            body = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException e)
        {
            logger.LogWarning("{Platform} answered no JSON: {Message}", settings.PlatformUrl, e.Message);
            return;
        }

        if (body?["auth_token"]?.GetValue<string>() is { Length: > 0 } token)
        {
            await tokens.WriteAuthTokenAsync(token, cancellationToken).ConfigureAwait(false);
        }

        if (body?["platform_inbound_secret"]?.GetValue<string>() is { Length: > 0 } secret)
        {
            await tokens.WriteInboundSecretAsync(secret, cancellationToken).ConfigureAwait(false);
        }
    }
}
