using System.Text.Json;
using Molecule.ControlPlane.Wire;
using Molecule.Registry;

namespace Molecule.ControlPlane.Llm;

/// <summary>What OpenAI's two surfaces share (spec/runtimes-and-providers.md 3.2).</summary>
public abstract class OpenAiSurface : LlmSurface
{
    protected const string Root = "/api/v1/internal/llm/openai/v1";

    public override string Route => Root + UpstreamPath;

    public override WireProtocol Protocol => WireProtocol.OpenAi;

    public override string? Token(HttpRequest request) => Bearer.Of(request);

    public override LlmError Error(int status, string message) => new(
        status,
        new
        {
            error = new
            {
                message,
                type = status >= StatusCodes.Status500InternalServerError ? "server_error" : "invalid_request_error",
                param = (string?)null,
                code = status switch
                {
                    StatusCodes.Status401Unauthorized => "invalid_api_key",
                    StatusCodes.Status404NotFound => "model_not_found",
                    _ => null,
                },
            },
        },
        null);
}

/// <summary>Chat completions.</summary>
public sealed class ChatSurface : OpenAiSurface
{
    public override string UpstreamPath => "/chat/completions";

    public override string Name => "OpenAI chat completions";

    public override string? LastUserText(JsonElement request) => request.Get("messages").UserTextSinceTheAnswer("text");

    public override void ReadAnswer(JsonElement answer, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        Read(answer, "message", tally);
    }

    public override void ReadEvent(JsonElement data, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        Read(data, "delta", tally);
    }

    private static void Read(JsonElement answer, string part, Tally tally)
    {
        if (answer.Get("choices") is { ValueKind: JsonValueKind.Array } choices)
        {
            foreach (var choice in choices.EnumerateArray())
            {
                if (choice.Number("index") is null or 0)
                {
                    tally.Say(choice.Get(part).Get("content").Content("text"));
                }
            }
        }

        var usage = answer.Get("usage");
        tally.Spend(usage.Number("prompt_tokens"), usage.Number("completion_tokens"));
    }
}

/// <summary>Responses.</summary>
public sealed class ResponsesSurface : OpenAiSurface
{
    public override string UpstreamPath => "/responses";

    public override string Name => "OpenAI responses";

    public override string? LastUserText(JsonElement request) => request.Get("input") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        var items => items.LastUserText("input_text", "text"),
    };

    public override void ReadAnswer(JsonElement answer, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        if (answer.Get("output") is { ValueKind: JsonValueKind.Array } output)
        {
            foreach (var item in output.EnumerateArray())
            {
                tally.Say(item.Get("content").Content("output_text"));
            }
        }

        Spend(answer, tally);
    }

    public override void ReadEvent(JsonElement data, Tally tally)
    {
        ArgumentNullException.ThrowIfNull(tally);
        switch (data.Text("type"))
        {
            case "response.output_text.delta":
                tally.Say(data.Text("delta"));
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                Spend(data.Get("response"), tally);
                tally.End();
                break;
        }
    }

    private static void Spend(JsonElement response, Tally tally)
    {
        var usage = response.Get("usage");
        tally.Spend(usage.Number("input_tokens"), usage.Number("output_tokens"));
    }
}
