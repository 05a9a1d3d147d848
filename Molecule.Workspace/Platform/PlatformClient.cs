using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>The workspace's calls to the platform: register and heartbeat (spec/runtimes-and-providers.md 1.2, 1.3).</summary>
public sealed class PlatformClient(HttpClient http, WorkspaceSettings settings, TokenStore tokens, TimeProvider time, ILogger<PlatformClient> logger)
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
            ["agent_card"] = card,
            ["delivery_mode"] = "push",
            ["kind"] = "workspace",
        }.ToJsonString();
        var delay = FirstDelay;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                using var answer = await PostAsync("/registry/register", body, cancellationToken).ConfigureAwait(false);
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
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
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

    /// <summary>Sends one heartbeat. After a 401 the token file is read again and the heartbeat is sent once more.</summary>
    /// <exception cref="HttpRequestException">The platform cannot be reached.</exception>
    public async Task<HttpStatusCode> HeartbeatAsync(Heartbeat heartbeat, CancellationToken cancellationToken)
    {
        var body = heartbeat.ToJson(settings).ToJsonString();
        for (var attempt = 1; ; attempt++)
        {
            // Each attempt reads the token file: the platform may have replaced it since.
            using var answer = await PostAsync("/registry/heartbeat", body, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                await KeepSecretsAsync(answer, cancellationToken).ConfigureAwait(false);
            }

            if (answer.StatusCode is not HttpStatusCode.Unauthorized || attempt is 2)
            {
                return answer.StatusCode;
            }
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.PlatformUrl + path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Workspace-ID", settings.Id);
        if (tokens.ReadAuthToken() is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
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
