using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>The one request with which the product asks a vendor, before it starts the gateway, whether the key is good (spec 2.4).</summary>
public static class OpenClawProbe
{
    /// <summary>Asks, and says for whom. Any answer but 401 and 403 will do, and so will none: the first turn would say more.</summary>
    /// <exception cref="AgentSetupException">The vendor refused the key.</exception>
    public static async Task AskAsync(OpenClawSetup setup, string workspace, HttpClient http, ILogger logger, CancellationToken cancellationToken)
    {
        using var request = Request(setup, workspace);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new AgentSetupException(
                    $"The vendor at {request.RequestUri!.Host} refused the key with {(int)answer.StatusCode} when openclaw was to be started: set a key that is valid for {setup.Model}.");
            }

            logger.LogInformation("The vendor answered the probe with {Status}.", (int)answer.StatusCode);
        }
        catch (HttpRequestException e)
        {
            logger.LogWarning("The vendor did not answer the probe: {Message}", e.Message);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("The vendor did not answer the probe in time: {Message}", e.Message);
        }
    }

    private static HttpRequestMessage Request(OpenClawSetup setup, string workspace)
    {
        var messages = setup.Wire is OpenClawWire.Messages;
        var request = new HttpRequestMessage(HttpMethod.Post, setup.BaseUrl + (messages ? "/v1/messages" : "/chat/completions"))
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = setup.Model,
                ["max_tokens"] = 1,
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"ping from workspace {workspace}" }),
            }),
        };
        foreach (var (name, value) in setup.Headers.SetItem("User-Agent", OpenClawSetup.AgentUserAgent))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (messages)
        {
            request.Headers.Add("x-api-key", setup.Key);
            request.Headers.Add("anthropic-version", "2023-06-01");
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", setup.Key);
        }

        return request;
    }
}
