using System.Text.Json;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Wires;

/// <summary>How Gemini's own methods give an answer; it is the path that says which (spec 3.6).</summary>
public enum GeminiAnswer
{
    /// <summary><c>:generateContent</c>: one document.</summary>
    Whole,

    /// <summary><c>:streamGenerateContent?alt=sse</c>: frames of data alone, without an end mark.</summary>
    Events,

    /// <summary><c>:streamGenerateContent</c>: one JSON array of the same objects.</summary>
    Array,
}

/// <summary>Gemini's generateContent (spec 3.6; https://ai.google.dev/api/generate-content).</summary>
/// <param name="form">How the surface answers.</param>
public sealed class GenerateContentWire(GeminiAnswer form) : IWire
{
    // "* GenerateContentRequest.contents: contents is not specified" (langchain-ai/langchain#33940).
    public string? Fault(JsonElement request) => request.Member("contents") switch
    {
        { ValueKind: JsonValueKind.Array } contents when contents.GetArrayLength() > 0 => null,
        _ => "* GenerateContentRequest.contents: contents is not specified\n",
    };

    // {"role":"user","parts":[{"text":"..."}]}; the role may be left out (https://ai.google.dev/api/caching#Content).
    public string LastUserText(JsonElement request) =>
        request.Items("contents").Reverse()
            .Where(static content => content.Text("role") is null or "user")
            .Select(static content => content.Items("parts").Reverse().Where(static part => !part.Flag("thought")).Select(static part => part.Text("text")).FirstOrDefault(static text => text is not null))
            .FirstOrDefault(static text => text is not null) ?? "";

    // {"tools":[{"functionDeclarations":[{"name":"..."}]}]} (https://ai.google.dev/api/caching#Tool).
    public IEnumerable<string> Tools(JsonElement request) =>
        request.Items("tools").SelectMany(static tool => tool.Items("functionDeclarations")).Select(static function => function.Text("name")).OfType<string>();

    // {"parts":[{"functionResponse":{"name":"...","response":{...}}}]} (https://ai.google.dev/api/caching#FunctionResponse); the response is any object.
    public string? ToolResult(JsonElement request) =>
        request.Items("contents").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Items("parts").LastOrDefault().Member("functionResponse") is { } result
            ? result.Member("response")?.GetRawText() ?? ""
            : null;

    public bool IsStreamed(JsonElement request) => form is GeminiAnswer.Events;

    public string Json(Turn turn) => form is GeminiAnswer.Array ? WireJson.Write(Chunks(turn)) : WireJson.Write(Response(turn, Parts(turn), isLast: true));

    public IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request)
    {
        using var frames = new SseFrames();
        foreach (var chunk in Chunks(turn))
        {
            frames.Add(null, chunk);
        }

        return frames.All;
    }

    // A frame with an error in it, which @google/genai 2.32.0 takes for one (measured).
    public StreamFailure? UsualFailure => new("UNAVAILABLE", GoogleRefusals.Overloaded);

    public SseFrame Failed(Turn turn, int frames, StreamFailure failure) => SseFrame.Of(null, new { error = new { code = 503, message = failure.Message, status = failure.Code } });

    // Only the last has the finish reason (spec 3.6).
    private static List<object> Chunks(Turn turn)
    {
        object[][] parts = turn.Tool is null ? [.. turn.Pieces().Select(static piece => new object[] { new { text = piece } })] : [Parts(turn)];
        return [.. parts.Select((part, n) => Response(turn, part, n == parts.Length - 1))];
    }

    // A function is called in one piece (https://ai.google.dev/api/caching#FunctionCall).
    private static object[] Parts(Turn turn) =>
        [turn.Tool is { } tool ? new { functionCall = new { name = tool.Name, args = JsonElement.Parse(tool.Arguments) } } : new { text = turn.Answer }];

    private static object Response(Turn turn, object[] parts, bool isLast) => new
    {
        candidates = new[] { isLast ? (object)new { content = new { role = "model", parts }, finishReason = "STOP", index = 0 } : new { content = new { role = "model", parts }, index = 0 } },
        usageMetadata = isLast
            ? (object)new { promptTokenCount = turn.Tokens.Input, candidatesTokenCount = turn.Tokens.Output, totalTokenCount = turn.Tokens.Input + turn.Tokens.Output }
            : new { promptTokenCount = turn.Tokens.Input, totalTokenCount = turn.Tokens.Input },
        modelVersion = turn.Model,
        responseId = turn.Id,
    };
}
