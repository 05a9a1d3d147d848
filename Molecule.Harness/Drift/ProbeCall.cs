using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Drift;

/// <summary>Sends a probe and takes its answer apart into documents: one, or one a frame of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).</summary>
public static class ProbeCall
{
    private const string Data = "data:";

    // The mark behind a stream's last chunk, which is no document (spec/runtimes-and-providers.md 3.2).
    private const string Done = "[DONE]";

    /// <summary>Calls an endpoint.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached, or answers another status than the probe's.</exception>
    /// <exception cref="JsonException">It answers no JSON.</exception>
    public static async Task<ImmutableArray<JsonElement>> SendAsync(HttpClient http, Uri address, AnswerProbe probe, string credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(probe);
        using var request = new HttpRequestMessage(probe.Body is null ? HttpMethod.Get : HttpMethod.Post, address) { Content = probe.Body is null ? null : JsonContent.Create(probe.Body) };
        if (probe.Auth is CredentialForm.XApiKey)
        {
            request.Headers.Add("x-api-key", credential);
            request.Headers.Add("anthropic-version", "2023-06-01");
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        }

        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if ((int)response.StatusCode != probe.Status)
        {
            throw new HttpRequestException($"{probe.Name}: answered {(int)response.StatusCode} where {probe.Status} was due", null, response.StatusCode);
        }

        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? [.. text.Split('\n').Where(static line => line.StartsWith(Data, StringComparison.Ordinal)).Select(static line => line[Data.Length..].Trim()).Where(static data => data != Done).Select(static data => JsonElement.Parse(data))]
            : [JsonElement.Parse(text)];
    }
}
