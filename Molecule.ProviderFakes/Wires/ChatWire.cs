using System.Text.Json;
using Molecule.ProviderFakes.Turns;

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
        ? WireJson.LastUserText(messages, "text")
        : "";

    public string Json(Turn turn) => WireJson.Write(new
    {
        id = Id(turn),
        @object = "chat.completion",
        created = turn.At.ToUnixTimeSeconds(),
        model = turn.Model,
        choices = new[]
        {
            new { index = 0, message = new { role = "assistant", content = turn.Answer, refusal = (string?)null }, logprobs = (object?)null, finish_reason = "stop" },
        },
        usage = Usage(turn),
    });

    public IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request)
    {
        List<SseFrame> frames = [Chunk(turn, new { role = "assistant", content = "" }, null)];
        frames.AddRange(turn.Pieces().Select(piece => Chunk(turn, new { content = piece }, null)));
        frames.Add(Chunk(turn, new { }, "stop"));
        if (request.Member("stream_options") is { } options && options.Flag("include_usage"))
        {
            frames.Add(Frame(turn, [], Usage(turn)));
        }

        frames.Add(new SseFrame(null, "[DONE]"));
        return frames;
    }

    private static SseFrame Chunk(Turn turn, object delta, string? finishReason) =>
        Frame(turn, [new { index = 0, delta, logprobs = (object?)null, finish_reason = finishReason }], null);

    private static SseFrame Frame(Turn turn, object[] choices, object? usage) => new(null, WireJson.Write(new
    {
        id = Id(turn),
        @object = "chat.completion.chunk",
        created = turn.At.ToUnixTimeSeconds(),
        model = turn.Model,
        choices,
        usage,
    }));

    private static string Id(Turn turn) => $"chatcmpl-{turn.Id}";

    private static object Usage(Turn turn) => new
    {
        prompt_tokens = turn.Tokens.Input,
        completion_tokens = turn.Tokens.Output,
        total_tokens = turn.Tokens.Input + turn.Tokens.Output,
    };
}
