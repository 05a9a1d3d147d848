using System.Text.Json;
using Molecule.ControlPlane.Wire;
using Molecule.Registry;

namespace Molecule.ControlPlane.Llm;

/// <summary>Anthropic's messages (spec/runtimes-and-providers.md 3.1).</summary>
public sealed class MessagesSurface : LlmSurface
{
    public override string Route => "/api/v1/internal/llm/anthropic/v1/messages";

    public override WireProtocol Protocol => WireProtocol.Anthropic;

    public override string UpstreamPath => "/messages";

    public override string Name => "Anthropic messages";

    // claude-code sends it as x-api-key, others as a bearer (spec/runtimes-and-providers.md 3.0, platform).
    public override string? Token(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Headers["x-api-key"].FirstOrDefault() is { Length: > 0 } key ? key : Bearer.Of(request);
    }

    public override LlmError Error(int status, string message)
    {
        var id = $"req_{Guid.NewGuid():n}";
        return new LlmError(
            status,
            new
            {
                type = "error",
                error = new
                {
                    type = status switch
                    {
                        StatusCodes.Status401Unauthorized => "authentication_error",
                        StatusCodes.Status403Forbidden => "permission_error",
                        StatusCodes.Status404NotFound => "not_found_error",
                        StatusCodes.Status413PayloadTooLarge => "request_too_large",
                        >= StatusCodes.Status500InternalServerError => "api_error",
                        _ => "invalid_request_error",
                    },
                    message,
                },
                request_id = id,
            },
            id);
    }

    public override string? LastUserText(JsonElement request) => request.Get("messages").LastUserText("text");

    public override void ReadAnswer(JsonElement answer, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        tally.Say(answer.Get("content").Content("text"));
        Spend(answer.Get("usage"), tally);
    }

    public override void ReadEvent(JsonElement data, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        switch (data.Text("type"))
        {
            case "message_start":
                Spend(data.Get("message").Get("usage"), tally);
                break;
            case "content_block_delta" when data.Get("delta").Text("type") == "text_delta":
                tally.Say(data.Get("delta").Text("text"));
                break;
            case "message_delta":
                Spend(data.Get("usage"), tally);
                break;
            case "message_stop":
                tally.End();
                break;
        }
    }

    // Cached input is input too: OpenAI's figures hold it already, Anthropic's leave it out.
    private static void Spend(JsonElement usage, Tally tally) => tally.Spend(
        usage.Number("input_tokens") is { } input ? input + (usage.Number("cache_creation_input_tokens") ?? 0) + (usage.Number("cache_read_input_tokens") ?? 0) : null,
        usage.Number("output_tokens"));
}
