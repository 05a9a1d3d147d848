using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;

namespace Molecule.Aws;

/// <summary>Sends signed calls to AWS: JSON 1.1 and the query wire.</summary>
/// <param name="http">Without a timeout of its own.</param>
/// <param name="region">E.g. eu-west-1.</param>
/// <param name="origin">Where all services stand instead of at AWS's own hosts; null for those.</param>
/// <param name="time">The clock of signatures and of the limit.</param>
public sealed class AwsEndpoint(HttpClient http, string region, Uri? origin, TimeProvider time)
{
    /// <summary>How long a call may take.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    private const string GlobalRegion = "us-east-1";
    private const int LongestCause = 300;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Calls an action on the JSON 1.1 wire.</summary>
    /// <exception cref="AwsException">It was refused, or nobody answered.</exception>
    public async Task<JsonElement> CallJsonAsync(AwsCredentials credentials, string service, string action, object input, CancellationToken cancellation)
    {
        var text = await SendAsync(credentials, service, region, action, JsonSerializer.Serialize(input), "application/x-amz-json-1.1", $"{service}.{action}", cancellation).ConfigureAwait(false);
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw NotAws(service, action);
        }
    }

    /// <summary>Calls an action on the query wire.</summary>
    /// <exception cref="AwsException">It was refused, or nobody answered.</exception>
    public async Task<XElement> CallQueryAsync(AwsCredentials credentials, string service, string version, string action, IEnumerable<(string Name, string Value)> parameters, CancellationToken cancellation)
    {
        var form = string.Join('&', parameters.Prepend(("Version", version)).Prepend(("Action", action)).Select(static p => $"{p.Item1}={Uri.EscapeDataString(p.Item2)}"));

        // IAM is one for all regions, and signed for the first (https://docs.aws.amazon.com/general/latest/gr/iam-service.html).
        var text = await SendAsync(credentials, service, service == "iam" ? GlobalRegion : region, action, form, "application/x-www-form-urlencoded; charset=utf-8", null, cancellation).ConfigureAwait(false);
        try
        {
            return XElement.Parse(text);
        }
        catch (XmlException)
        {
            throw NotAws(service, action);
        }
    }

    private async Task<string> SendAsync(AwsCredentials credentials, string service, string signedFor, string action, string body, string type, string? target, CancellationToken cancellation)
    {
        var url = origin ?? new Uri(service == "iam" ? "https://iam.amazonaws.com/" : $"https://{service}.{region}.amazonaws.com/");
        List<(string Name, string Value)> headers = [("host", url.Authority), ("x-amz-date", RequestSignature.Stamp(time.GetUtcNow())), ("content-type", type)];
        if (target is not null)
        {
            headers.Add(("x-amz-target", target));
        }

        if (credentials.SessionToken is { } token)
        {
            headers.Add(("x-amz-security-token", token));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        foreach (var (name, value) in headers.Where(static h => h.Name != "host"))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        request.Headers.TryAddWithoutValidation("Authorization", RequestSignature.Authorization(credentials, signedFor, service, "POST", url.AbsolutePath, "", headers, body));
        using var over = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        try
        {
            using var answer = await http.SendAsync(request, either.Token).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(either.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? text : throw Refusal(service, action, (int)answer.StatusCode, text);
        }
        catch (HttpRequestException e)
        {
            throw new AwsException(AwsException.Unreachable, $"{service} at {url.Authority} cannot be reached for {action}: {e.HttpRequestError}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new AwsException(AwsException.Unreachable, $"{service} at {url.Authority} did not answer {action} within {Limit.TotalSeconds:0} s");
        }
    }

    private static AwsException NotAws(string service, string action) => new(AwsException.Unreachable, $"{service} answered {action} with what is no answer of AWS's");

    // __type and Message of JSON (the type may stand behind a namespace and '#'), Code and Message of XML.
    private static AwsException Refusal(string service, string action, int status, string text)
    {
        string? code = null, message = null;
        try
        {
            if (text.StartsWith('<'))
            {
                var error = XElement.Parse(text).Descendants().FirstOrDefault(static e => e.Name.LocalName == "Error");
                (code, message) = (Field(error, "Code"), Field(error, "Message"));
            }
            else if (JsonElement.Parse(text) is { ValueKind: JsonValueKind.Object } json)
            {
                (code, message) = (Member(json, "__type")?.Split('#')[^1], Member(json, "Message") ?? Member(json, "message"));
            }
        }
        catch (Exception e) when (e is JsonException or XmlException)
        {
            // Somebody between us and AWS has answered; the status has to do.
        }

        var cause = message is { Length: > LongestCause } ? message[..LongestCause] + "…" : message;
        return new AwsException(code ?? AwsException.Unreachable, $"{service} refused {action} with {status} {code}: {cause}");

        static string? Field(XElement? element, string name) => element?.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value;

        static string? Member(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
    }
}
