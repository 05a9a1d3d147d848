using System.Text.Json;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Wires;

/// <summary>OpenAI chat completions (spec 3.2).</summary>
public sealed class ChatWire : IWire
{
    public string? Fault(JsonElement request) => request.Member("messages") switch
    {
        null => "Missing required parameter: 'messages'.",
        { ValueKind: JsonValueKind.Array } messages when messages.GetArrayLength() > 0 => null,
        _ => "Invalid 'messages': expected a non-empty array.",
    };

    public string LastUserText(JsonElement request) => request.Member("messages") is { ValueKind: JsonValueKind.Array } messages
        ? WireJson.UserTextSinceTheAnswer(messages, "text")
        : "";

    public IEnumerable<string> Tools(JsonElement request) => request.Items("tools").Select(static tool => tool.Member("function")?.Text("name")).OfType<string>();

    // {"role":"tool","tool_call_id":"call_...","content":"..."}
    public string? ToolResult(JsonElement request) =>
        request.Items("messages").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Text("role") == "tool"
            ? last.Member("content") is { } content ? WireJson.ContentText(content) ?? "" : ""
            : null;

    public string Json(Turn turn) => WireJson.Write(new
    {
        id = Id(turn),
        @object = "chat.completion",
        created = turn.At.ToUnixTimeSeconds(),
        model = turn.Model,
        choices = new[]
        {
            new { index = 0, message = Message(turn), logprobs = (object?)null, finish_reason = FinishReason(turn) },
        },
        usage = Usage(turn),
    });

    public IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request)
    {
        ArgumentNullException.ThrowIfNull(turn);
        using var frames = new SseFrames();
        Add(Chunk(turn, new { role = "assistant", content = turn.Tool is null ? "" : null }, null));
        if (turn.Tool is { } tool)
        {
            Add(Chunk(turn, new { tool_calls = new[] { new { index = 0, id = CallId(tool), type = "function", function = new { name = tool.Name, arguments = "" } } } }, null));
            foreach (var piece in Turn.PiecesOf(tool.Arguments))
            {
                Add(Chunk(turn, new { tool_calls = new[] { new { index = 0, function = new { arguments = piece } } } }, null));
            }
        }

        foreach (var piece in turn.Pieces())
        {
            Add(Chunk(turn, new { content = piece }, null));
        }

        Add(Chunk(turn, new { }, FinishReason(turn)));
        if (request.Member("stream_options") is { } options && options.Flag("include_usage"))
        {
            Add(Document(turn, [], Usage(turn)));
        }

        frames.AddText(null, "[DONE]");
        return frames.All;

        void Add(object chunk) => frames.Add(null, chunk);
    }

    // An error object in place of a chunk, and no [DONE] after it: the vendor's clients look for it in each chunk (openai-python, _streaming.py).
    public StreamFailure? UsualFailure => new("server_error", "The server had an error while processing your request. Sorry about that!");

    public SseFrame Failed(Turn turn, int frames, StreamFailure failure) =>
        SseFrame.Of(null, new { error = new { message = failure.Message, type = failure.Code, param = (string?)null, code = (string?)null } });

    // https://developers.openai.com/api/docs/guides/function-calling
    private static object Message(Turn turn) => turn.Tool is { } tool
        ? new { role = "assistant", content = (string?)null, refusal = (string?)null, tool_calls = new[] { new { id = CallId(tool), type = "function", function = new { name = tool.Name, arguments = tool.Arguments } } } }
        : new { role = "assistant", content = turn.Answer, refusal = (string?)null };

    private static string FinishReason(Turn turn) => turn.Tool is null ? "stop" : "tool_calls";

    private static string CallId(ToolCall tool) => $"call_{tool.Id}";

    private static object Chunk(Turn turn, object delta, string? finishReason) =>
        Document(turn, [new { index = 0, delta, logprobs = (object?)null, finish_reason = finishReason }], null);

    private static object Document(Turn turn, object[] choices, object? usage) => new
    {
        id = Id(turn),
        @object = "chat.completion.chunk",
        created = turn.At.ToUnixTimeSeconds(),
        model = turn.Model,
        choices,
        usage,
    };

    private static string Id(Turn turn) => $"chatcmpl-{turn.Id}";

    private static object Usage(Turn turn) => new
    {
        prompt_tokens = turn.Tokens.Input,
        completion_tokens = turn.Tokens.Output,
        total_tokens = turn.Tokens.Input + turn.Tokens.Output,
    };
}
