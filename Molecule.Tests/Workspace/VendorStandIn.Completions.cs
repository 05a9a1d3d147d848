using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.Workspace;

// The two surfaces whose events bear no name: OpenAI's chat completions (spec 3.2) and Gemini's streamGenerateContent (spec 3.5).
public sealed partial class VendorStandIn
{
    private async Task CompleteAsync(HttpContext context, string? model, string answer)
    {
        JsonObject Chunk(JsonArray choices) => new()
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion.chunk",
            ["created"] = 1,
            ["model"] = model,
            ["choices"] = choices,
        };
        static JsonArray Choice(JsonObject delta, string? finish) => [new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }];

        context.Response.ContentType = "text/event-stream";
        await WriteAsync(context, Chunk(Choice(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null)).ToJsonString());
        await PacedAsync(context, Pieces(answer), piece => Chunk(Choice(new JsonObject { ["content"] = piece }, null)));
        await WriteAsync(context, Chunk(Choice([], "stop")).ToJsonString());
        var last = Chunk([]);
        last["usage"] = new JsonObject { ["prompt_tokens"] = 11, ["completion_tokens"] = 3, ["total_tokens"] = 14 };
        await WriteAsync(context, last.ToJsonString());
        await WriteAsync(context, "[DONE]");
    }

    private async Task GenerateAsync(HttpContext context, string answer)
    {
        context.Response.ContentType = "text/event-stream";
        var pieces = Pieces(answer);
        await PacedAsync(context, pieces, piece =>
        {
            var candidate = new JsonObject
            {
                ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["text"] = piece }) },
                ["index"] = 0,
            };
            if (piece == pieces[^1])
            {
                candidate["finishReason"] = "STOP";
            }

            return new JsonObject
            {
                ["candidates"] = new JsonArray(candidate),
                ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = 11, ["candidatesTokenCount"] = 3, ["totalTokenCount"] = 14 },
                ["modelVersion"] = "gemini-2.5-flash",
            };
        });
    }

    private async Task PacedAsync(HttpContext context, string[] pieces, Func<string, JsonObject> frame)
    {
        for (var i = 0; i < pieces.Length; i++)
        {
            if (BeforePiece is { } gate)
            {
                await gate(i, context.RequestAborted);
            }

            await WriteAsync(context, frame(pieces[i]).ToJsonString());
        }
    }

    private static Task WriteAsync(HttpContext context, string data) => context.Response.WriteAsync($"data: {data}\n\n", context.RequestAborted);
}
