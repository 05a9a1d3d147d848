using System.Text.Json;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Wires;

/// <summary>Anthropic Messages (spec 3.1; https://docs.claude.com/en/docs/build-with-claude/streaming).</summary>
public sealed class MessagesWire : IWire
{
    public string? Fault(JsonElement request) => request switch
    {
        _ when request.Member("max_tokens") is null => "max_tokens: Field required",
        _ when request.Member("max_tokens") is not { ValueKind: JsonValueKind.Number } limit || !limit.TryGetInt64(out var count) || count < 1 =>
            "max_tokens: Input should be greater than or equal to 1",
        _ => MessagesFault(request),
    };

    /// <summary>What count_tokens asks for as well: the messages alone.</summary>
    public static string? MessagesFault(JsonElement request) => request.Member("messages") switch
    {
        null => "messages: Field required",
        { ValueKind: not JsonValueKind.Array } => "messages: Input should be a valid list",
        { } messages when messages.GetArrayLength() == 0 => "messages: at least one message is required",
        _ => null,
    };

    public string LastUserText(JsonElement request) => request.Member("messages") is { ValueKind: JsonValueKind.Array } messages
        ? WireJson.LastUserText(messages, "text")
        : "";

    public IEnumerable<string> Tools(JsonElement request) => request.Items("tools").Select(static tool => tool.Text("name")).OfType<string>();

    // {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_...","content":"..."}]}, or with several texts as its content: claude-code
    // puts a reminder of its own behind a sub-agent's answer (measured with 2.1.330).
    public string? ToolResult(JsonElement request) =>
        request.Items("messages").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Items("content").LastOrDefault() is { } block && block.Text("type") == "tool_result"
            ? block.Member("content") is { } content ? WireJson.AllText(content) : ""
            : null;

    public string Json(Turn turn) => WireJson.Write(turn.Tool is { } tool
        ? Message(turn, [ToolUse(tool, JsonElement.Parse(tool.Arguments))], "tool_use", turn.Tokens.Output)
        : Message(turn, [new { type = "text", text = turn.Answer }], "end_turn", turn.Tokens.Output));

    public IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request)
    {
        ArgumentNullException.ThrowIfNull(turn);
        using var frames = new SseFrames();
        frames.Add("message_start", new { type = "message_start", message = Message(turn, [], null, 1) });
        frames.Add("content_block_start", new { type = "content_block_start", index = 0, content_block = turn.Tool is { } tool ? ToolUse(tool, new { }) : new { type = "text", text = "" } });
        frames.Add("ping", new { type = "ping" });
        foreach (var piece in turn.Tool is { } called ? Turn.PiecesOf(called.Arguments) : turn.Pieces())
        {
            frames.Add("content_block_delta", (IsTool: turn.Tool is not null, Piece: piece), static (json, delta) => WriteDelta(json, delta.IsTool, delta.Piece));
        }

        frames.Add("content_block_stop", new { type = "content_block_stop", index = 0 });
        frames.Add("message_delta", new
        {
            type = "message_delta",
            delta = new { stop_reason = turn.Tool is null ? "end_turn" : "tool_use", stop_sequence = (string?)null },
            usage = Usage(turn, turn.Tokens.Output),
        });
        frames.Add("message_stop", new { type = "message_stop" });
        return frames.All;
    }

    // spec 3.1, overloaded in a running stream; https://docs.claude.com/en/docs/build-with-claude/streaming, error events.
    public StreamFailure? UsualFailure => new("overloaded_error", "Overloaded");

    public SseFrame Failed(Turn turn, int frames, StreamFailure failure) =>
        SseFrame.Of("error", new { type = "error", error = new { type = failure.Code, message = failure.Message } });

    private static object Message(Turn turn, object[] content, string? stopReason, long outputTokens) => new
    {
        id = $"msg_{turn.Id[..24]}",
        type = "message",
        role = "assistant",
        model = turn.Model,
        content,
        stop_reason = stopReason,
        stop_sequence = (string?)null,
        usage = Usage(turn, outputTokens),
    };

    // https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview; the SDK's model demands the caller (Anthropic 13.12.0, ToolUseBlock).
    private static object ToolUse(ToolCall tool, object input) => new { type = "tool_use", id = $"toolu_{tool.Id}", name = tool.Name, input, caller = new { type = "direct" } };

    // {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"..."}}
    private static void WriteDelta(Utf8JsonWriter json, bool isTool, string piece)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "content_block_delta"u8);
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, isTool ? "input_json_delta"u8 : "text_delta"u8);
        json.WriteString(isTool ? "partial_json"u8 : "text"u8, piece);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static object Usage(Turn turn, long outputTokens) => new
    {
        input_tokens = turn.Tokens.Input,
        cache_creation_input_tokens = 0,
        cache_read_input_tokens = 0,
        output_tokens = outputTokens,
    };
}
