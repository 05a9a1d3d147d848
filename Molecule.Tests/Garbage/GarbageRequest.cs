using System.Net.Http.Headers;
using System.Text;

namespace Molecule.Tests.Garbage;

/// <summary>One request that no client would send on purpose, made from a seed so that a failure can be had again.</summary>
internal sealed class GarbageRequest
{
    private const string Alphabet = "abcxyz019-_.~%/\\:?&=+;,@!$'()*[]{}|<>\"# \u00e9\u4e16\u0000";

    private static readonly string[] _methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "get", "X-Y"];
    private static readonly string[] _types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "garbage"];
    private static readonly string[] _headers = ["Authorization", "X-Workspace-ID", "X-Molecule-Org-Id", "Accept", "Cookie", "Origin", "X-Forwarded-For", "Traceparent", "Idempotency-Key"];
    private static readonly string[] _values =
    [
        "", "Bearer", "Bearer ", "bearer x", "Basic eA==", "Bearer " + new string('a', 4000), "null", "-1", "NaN", "{}", "[]", "\"", "'; DROP TABLE workspaces; --", "../../etc/passwd",
        "00000000-0000-0000-0000-000000000000", "not-a-uuid", "9999999999999999999999",
    ];

    private GarbageRequest(string method, string path, Dictionary<string, string> headers, byte[] body, string type)
    {
        Method = method;
        Path = path;
        Headers = headers;
        Body = body;
        Type = type;
    }

    public string Method { get; }

    public string Path { get; }

    public Dictionary<string, string> Headers { get; }

    public byte[] Body { get; }

    public string Type { get; }

    /// <summary>The nth request of a seed.</summary>
    /// <param name="random">Seeded.</param>
    /// <param name="paths">Real paths, so that garbage gets past the routing; <c>{}</c> is filled with garbage.</param>
    public static GarbageRequest From(Random random, IReadOnlyList<string> paths)
    {
        var path = random.Next(4) == 0 ? "/" + Text(random, 60) : paths[random.Next(paths.Count)].Replace("{}", Uri.EscapeDataString(Value(random)), StringComparison.Ordinal);
        if (random.Next(5) == 0)
        {
            path += "?" + Uri.EscapeDataString(Text(random, 8)) + "=" + Uri.EscapeDataString(Value(random));
        }

        var headers = Enumerable.Range(0, random.Next(4)).Select(_ => _headers[random.Next(_headers.Length)]).Distinct().ToDictionary(static name => name, _ => Value(random));
        return new GarbageRequest(_methods[random.Next(_methods.Length)], Escaped(path), headers, Bytes(random), _types[random.Next(_types.Length)]);
    }

    /// <summary>The request as HttpClient sends it.</summary>
    public HttpRequestMessage ToMessage(Uri origin, string? bearer)
    {
        // As it is: no dot segment taken away, nothing escaped anew.
        var uri = new Uri(origin.GetLeftPart(UriPartial.Authority) + Path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(Method), uri) { Content = new ByteArrayContent(Body) };
        message.Content.Headers.TryAddWithoutValidation("Content-Type", Type);
        foreach (var (name, value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (bearer is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        return message;
    }

    public override string ToString() => $"{Method} {Path} [{string.Join("; ", Headers.Select(static h => $"{h.Key}: {h.Value[..Math.Min(h.Value.Length, 60)]}"))}] {Type} {Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 200)))}";

    private static byte[] Bytes(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                return [];
            case 1:
                var noise = new byte[random.Next(1, 4000)];
                random.NextBytes(noise);
                return noise;
            case 2:
                return Encoding.UTF8.GetBytes(new string('[', random.Next(1, 3000)));
            case 3:
                return Encoding.UTF8.GetBytes("{\"a\":1,\"a\":2}");
            case 4:
                return Encoding.UTF8.GetBytes($"\"{Json(random, 2)}");
            default:
                var whole = Json(random, 4);
                return Encoding.UTF8.GetBytes(random.Next(3) == 0 ? whole[..random.Next(whole.Length)] : whole);
        }
    }

    // Names that requests really have, with values of any kind.
    private static string Json(Random random, int depth)
    {
        string[] names = ["id", "workspace_id", "name", "runtime", "model", "env", "url", "agent_card", "method", "params", "message", "parts", "text", "jsonrpc", "key", "value", "tier", "org_id", "messages", "stream", "input"];
        return random.Next(depth > 0 ? 9 : 6) switch
        {
            0 => "null",
            1 => random.Next(2) == 0 ? "true" : "false",
            2 => random.Next(-5, 5).ToString(System.Globalization.CultureInfo.InvariantCulture),
            3 => "1e400",
            4 => "\"\\ud800\"",
            5 => System.Text.Json.JsonSerializer.Serialize(Value(random)),
            6 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(random, depth - 1)))}]",
            _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(1, 6)).Select(_ => $"\"{names[random.Next(names.Length)]}\":{Json(random, depth - 1)}"))}}}",
        };
    }

    // Printable ASCII: HttpClient refuses to send anything else in a header.
    private static string Value(Random random) =>
        random.Next(3) == 0 ? string.Concat(Text(random, 40).Where(static c => c is > ' ' and <= '~')) : _values[random.Next(_values.Length)];

    private static string Text(Random random, int longest) => string.Concat(Enumerable.Range(0, random.Next(1, longest)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

    // What a request line cannot hold at all would be HttpClient's to refuse, and never reach the server.
    private static string Escaped(string path)
    {
        var escaped = new StringBuilder("/");
        foreach (var value in Encoding.UTF8.GetBytes(path.AsSpan(1).ToString()))
        {
            escaped.Append(value is > 0x20 and < 0x7f and not (byte)'#' and not (byte)'\\' ? ((char)value).ToString() : $"%{value:X2}");
        }

        return escaped.ToString();
    }
}
