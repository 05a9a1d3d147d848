using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.A2A;

/// <summary>The A2A server of a workspace: <c>POST /</c> and the agent card (spec/runtimes-and-providers.md 1.5).</summary>
public static class A2AEndpoint
{
    private static readonly ActivitySource Source = new("Molecule.Workspace");

    // A JsonObject with a name twice would throw at its first use.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static void MapA2A(this WebApplication app)
    {
        app.MapGet("/.well-known/agent-card.json", static (AgentCard card) => Results.Text(card.ToJson().ToJsonString(), "application/json; charset=utf-8"));
        app.MapPost("/", HandleAsync);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, AgentSlot slot, TurnQueue queue, WorkspaceSettings settings, ErrorMask mask)
    {
        JsonNode? body;
        try
        {
            // Whatever the Content-Type says (spec/control-plane.md 1.8).
            body = await JsonNode.ParseAsync(context.Request.Body, documentOptions: Strict, cancellationToken: context.RequestAborted);
        }
        catch (JsonException e)
        {
            return JsonRpc.Error(null, JsonRpc.ParseError, "Parse error", e.Message);
        }

        if (body is not JsonObject request || request["method"] is not JsonValue name || !name.TryGetValue<string>(out var method))
        {
            return JsonRpc.Error((body as JsonObject)?["id"], JsonRpc.InvalidRequest, "Invalid Request", "a JSON-RPC request is an object with a method");
        }

        var id = request["id"];
        if (slot.Ready is not { } agent)
        {
            return JsonRpc.Error(id, JsonRpc.InternalError, "agent not configured", slot.Reason);
        }

        if (method is not "message/send")
        {
            return JsonRpc.Error(id, JsonRpc.MethodNotFound, "Method not found", $"'{method}' is not served; message/send is");
        }

        if (MessageText.Of(request["params"]) is not { } text)
        {
            return JsonRpc.Error(id, JsonRpc.InvalidParams, "Invalid params", "params.message.parts has to be an array of parts");
        }

        if (text.Length is 0)
        {
            return JsonRpc.Result(id, Message(new TurnReply("message contained no text content", null, Failed: true)));
        }

        TurnReply? reply;
        try
        {
            reply = await queue.RunAsync(closing => RunAsync(agent, settings, text, closing), context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            return Unavailable("the workspace is stopping");
        }

        if (reply is null)
        {
            context.Response.Headers.RetryAfter = "5";
            return Unavailable($"{TurnQueue.Capacity} turns wait already");
        }

        return JsonRpc.Result(id, Message(reply.Failed ? reply with { Text = mask.Apply(reply.Text) } : reply));
    }

    private static IResult Unavailable(string reason) => Results.Json(new { error = reason }, statusCode: StatusCodes.Status503ServiceUnavailable);

    private static async Task<TurnReply> RunAsync(IAgent agent, WorkspaceSettings settings, string text, CancellationToken closing)
    {
        using var span = Source.StartActivity("agent turn");
        span?.SetTag("molecule.workspace", settings.Id);
        span?.SetTag("molecule.engine", agent.Engine);
        var reply = await agent.RunTurnAsync(text, static _ => { }, closing);
        if (reply.Failed)
        {
            span?.SetStatus(ActivityStatusCode.Error);
        }

        return reply;
    }

    // Most failures of agents are answers, not errors (spec 1.5). Usage stands where the control plane looks for it (spec/control-plane.md 6.4).
    private static JsonObject Message(TurnReply reply)
    {
        var message = new JsonObject
        {
            ["kind"] = "message",
            ["role"] = "agent",
            ["messageId"] = Guid.NewGuid().ToString(),
            ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = reply.Text }),
        };
        if (reply.Tokens is { } tokens)
        {
            message["usage"] = new JsonObject { ["input_tokens"] = tokens.Input, ["output_tokens"] = tokens.Output };
        }

        return message;
    }
}
