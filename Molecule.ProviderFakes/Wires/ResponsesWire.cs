using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Wires;

/// <summary>OpenAI Responses (spec 3.2; https://developers.openai.com/api/reference, streaming events).</summary>
/// <param name="completedHoldsOutput">
/// Whether <c>response.completed</c> repeats the output. The ChatGPT backend leaves it empty (spec 3.3, Cloudgeni-ai/opengeni#127).
/// </param>
public sealed class ResponsesWire(bool completedHoldsOutput) : IWire
{
    public string? Fault(JsonElement request) => request.Member("input") switch
    {
        null => "Missing required parameter: 'input'.",
        { ValueKind: JsonValueKind.String } => null,
        { ValueKind: JsonValueKind.Array } items when items.GetArrayLength() > 0 => null,
        _ => "Invalid type for 'input': expected a string or a non-empty array.",
    };

    public string LastUserText(JsonElement request) => request.Member("input") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
        { ValueKind: JsonValueKind.Array } items => WireJson.LastUserText(items, "input_text", "text"),
        _ => "",
    };

    public IEnumerable<string> Tools(JsonElement request) => request.Items("tools").Select(static tool => tool.Text("name")).OfType<string>();

    // {"type":"function_call_output","call_id":"call_...","output":"..."}
    public string? ToolResult(JsonElement request) =>
        request.Items("input").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Text("type") == "function_call_output"
            ? last.Member("output") is { } output ? WireJson.ContentText(output) ?? "" : ""
            : null;

    public string Json(Turn turn) => WireJson.Write(Response(turn, "completed", [Output(turn, "completed")], withUsage: true));

    public IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request)
    {
        using var frames = new SseFrames();
        var item = ItemId(turn);

        Add("response.created", new { response = Response(turn, "in_progress", [], withUsage: false) });
        Add("response.in_progress", new { response = Response(turn, "in_progress", [], withUsage: false) });
        if (turn.Tool is { } tool)
        {
            Add("response.output_item.added", new { output_index = 0, item = Call(tool, "in_progress", "") });
            foreach (var piece in Turn.PiecesOf(tool.Arguments))
            {
                Add("response.function_call_arguments.delta", new { item_id = CallItemId(tool), output_index = 0, delta = piece });
            }

            Add("response.function_call_arguments.done", new { item_id = CallItemId(tool), output_index = 0, name = tool.Name, arguments = tool.Arguments });
            Finish();
            return frames.All;
        }

        Add("response.output_item.added", new { output_index = 0, item = Item(turn, "in_progress", null) });
        Add("response.content_part.added", new { item_id = item, output_index = 0, content_index = 0, part = Part("") });
        foreach (var piece in turn.Pieces())
        {
            Add("response.output_text.delta", new { item_id = item, output_index = 0, content_index = 0, delta = piece, logprobs = Array.Empty<object>() });
        }

        Add("response.output_text.done", new { item_id = item, output_index = 0, content_index = 0, text = turn.Answer, logprobs = Array.Empty<object>() });
        Add("response.content_part.done", new { item_id = item, output_index = 0, content_index = 0, part = Part(turn.Answer) });
        Finish();
        return frames.All;

        void Finish()
        {
            Add("response.output_item.done", new { output_index = 0, item = Output(turn, "completed") });
            Add("response.completed", new { response = Response(turn, "completed", completedHoldsOutput ? [Output(turn, "completed")] : [], withUsage: true) });
        }

        void Add(string type, object rest)
        {
            var data = JsonSerializer.SerializeToNode(rest)!.AsObject();
            data.Insert(0, "type", type);
            data.Insert(1, "sequence_number", frames.All.Count);
            frames.Add(type, data);
        }
    }

    // response.failed, its error's code and text: spec 2.2 and 3.2; what the vendor sends of its own failure: Wei-Shaw/sub2api#6631.
    public StreamFailure? UsualFailure => new("server_error", "An error occurred while processing your request. You can retry your request.");

    public SseFrame Failed(Turn turn, int frames, StreamFailure failure)
    {
        var response = JsonSerializer.SerializeToNode(Response(turn, "failed", [], withUsage: false))!;
        response["error"] = new JsonObject { ["code"] = failure.Code, ["message"] = failure.Message };
        return SseFrame.Of("response.failed", new { type = "response.failed", sequence_number = frames, response });
    }

    private static string ItemId(Turn turn) => $"msg_{turn.Id}";

    private static object Item(Turn turn, string status, string? text) => new
    {
        id = ItemId(turn),
        type = "message",
        status,
        role = "assistant",
        content = text is null ? [] : new[] { Part(text) },
    };

    private static object Output(Turn turn, string status) => turn.Tool is { } tool ? Call(tool, status, tool.Arguments) : Item(turn, status, turn.Answer);

    // https://developers.openai.com/api/docs/guides/function-calling
    private static object Call(ToolCall tool, string status, string arguments) => new { id = CallItemId(tool), type = "function_call", status, arguments, call_id = $"call_{tool.Id}", name = tool.Name };

    private static string CallItemId(ToolCall tool) => $"fc_{tool.Id}";

    private static object Part(string text) => new { type = "output_text", text, annotations = Array.Empty<object>(), logprobs = Array.Empty<object>() };

    private static object Response(Turn turn, string status, object[] output, bool withUsage) => new
    {
        id = $"resp_{turn.Id}",
        @object = "response",
        created_at = turn.At.ToUnixTimeSeconds(),
        status,
        error = (object?)null,
        incomplete_details = (object?)null,
        instructions = (string?)null,
        max_output_tokens = (int?)null,
        model = turn.Model,
        output,
        parallel_tool_calls = true,
        previous_response_id = (string?)null,
        store = false,
        temperature = 1.0,
        tool_choice = "auto",
        tools = Array.Empty<object>(),
        top_p = 1.0,

        // Null where the request names none, as https://platform.openai.com/docs/api-reference/responses/object shows it.
        user = (string?)null,
        metadata = new { },
        usage = withUsage
            ? new
            {
                input_tokens = turn.Tokens.Input,

                // cache_write_tokens: the official C# SDK counts on it (OpenAI 2.15.0, measured: docs/drift.md).
                input_tokens_details = new { cached_tokens = 0, cache_write_tokens = 0 },
                output_tokens = turn.Tokens.Output,
                output_tokens_details = new { reasoning_tokens = 0 },
                total_tokens = turn.Tokens.Input + turn.Tokens.Output,
            }
            : null,
    };
}
