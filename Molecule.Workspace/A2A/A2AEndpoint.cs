using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Turns;

namespace Molecule.Workspace.A2A;

/// <summary>The A2A server of a workspace: <c>POST /</c> and the agent card (spec/runtimes-and-providers.md 1.5).</summary>
public static class A2AEndpoint
{
    // A JsonObject with a name twice would throw at its first use.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // Ours, for the control plane's POST /workspaces/:id/chat-session/new (spec 1.8): whoever may send a turn may begin a new conversation.
    private const string ResetMethod = "chat-session/new";

    public static void MapA2A(this WebApplication app)
    {
        app.MapGet("/.well-known/agent-card.json", static (AgentCard card) => Results.Text(card.ToJson().ToJsonString(), "application/json; charset=utf-8"));
        app.MapPost("/", HandleAsync);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, AgentSlot slot, TurnQueue queue, TurnRunner runner, TurnStream stream, TaskStore tasks)
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
        if (slot.Ready is null && !slot.IsBeingReplaced)
        {
            return JsonRpc.Error(id, JsonRpc.InternalError, "agent not configured", slot.Reason);
        }

        var agent = new CurrentAgent(slot);

        switch (method)
        {
            case "tasks/get" or "tasks/cancel" when TaskId(request["params"]) is { } task:
                return method is "tasks/get" ? Get(id, task, tasks) : await CancelAsync(id, task, tasks, context.RequestAborted);
            case "tasks/get" or "tasks/cancel":
                return JsonRpc.Error(id, JsonRpc.InvalidParams, "Invalid params", "params.id has to be a task's id");
            case ResetMethod:
                return await ResetAsync(context, id, agent, queue, runner);
            case "message/send" or "message/stream":
                break;
            default:
                return JsonRpc.Error(id, JsonRpc.MethodNotFound, "Method not found", $"'{method}' is not served; message/send, message/stream, tasks/get, tasks/cancel and {ResetMethod} are");
        }

        if (MessageText.Of(request["params"]) is not { } text)
        {
            return JsonRpc.Error(id, JsonRpc.InvalidParams, "Invalid params", "params.message.parts has to be an array of parts");
        }

        if (method is "message/send")
        {
            return await SendAsync(context, id, agent, text, queue, runner);
        }

        return stream.Begin(agent, (JsonObject)request["params"]!["message"]!, text, context.RequestAborted) is { } events
            ? JsonRpc.Results(id, events)
            : Busy(context);
    }

    private static async Task<IResult> SendAsync(HttpContext context, JsonNode? id, IAgent agent, string text, TurnQueue queue, TurnRunner runner)
    {
        if (text.Length is 0)
        {
            return JsonRpc.Result(id, Message(TurnReply.EmptyMessage));
        }

        try
        {
            var reply = await queue.RunAsync(closing => runner.RunAsync(agent, text, static _ => { }, closing), context.RequestAborted);
            return reply is null ? Busy(context) : JsonRpc.Result(id, Message(reply));
        }
        catch (OperationCanceledException)
        {
            return Unavailable("the workspace is stopping");
        }
    }

    // In its turn: a conversation is not pulled away from under a turn that runs.
    private static async Task<IResult> ResetAsync(HttpContext context, JsonNode? id, IAgent agent, TurnQueue queue, TurnRunner runner)
    {
        try
        {
            var done = await queue.RunAsync(
                async closing =>
                {
                    await runner.ResetAsync(agent, closing);
                    return new TurnReply("", null, Failed: false);
                },
                context.RequestAborted);
            return done is null ? Busy(context) : JsonRpc.Result(id, new JsonObject { ["status"] = "reset" });
        }
        catch (OperationCanceledException)
        {
            return Unavailable("the workspace is stopping");
        }
    }

    private static IResult Get(JsonNode? id, string task, TaskStore tasks) =>
        tasks.Find(task) is { } found ? JsonRpc.Result(id, found.ToJson()) : UnknownTask(id, task);

    private static async Task<IResult> CancelAsync(JsonNode? id, string task, TaskStore tasks, CancellationToken caller)
    {
        if (tasks.Find(task) is not { } found)
        {
            return UnknownTask(id, task);
        }

        // One that has ended before the request came, or before the request took.
        var ended = found.HasEnded ? found : await tasks.CancelAsync(task, caller);
        return ended is { Phase: TaskPhase.Canceled } && !found.HasEnded
            ? JsonRpc.Result(id, ended.ToJson())
            : JsonRpc.Error(id, JsonRpc.TaskNotCancelable, "Task cannot be canceled", $"the task '{task}' has ended");
    }

    private static IResult UnknownTask(JsonNode? id, string task) =>
        JsonRpc.Error(id, JsonRpc.TaskNotFound, "Task not found", $"no task '{task}' is known; ended tasks are kept for {TaskStore.KeptFor.TotalMinutes:0} minutes");

    private static string? TaskId(JsonNode? parameters) =>
        parameters is JsonObject named && named["id"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : null;

    private static IResult Busy(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "5";
        return Unavailable($"{TurnQueue.Capacity} turns wait already");
    }

    private static IResult Unavailable(string reason) => Results.Json(new { error = reason }, statusCode: StatusCodes.Status503ServiceUnavailable);

    // Most failures of agents are answers, not errors (spec 1.5).
    private static JsonObject Message(TurnReply reply)
    {
        var message = new JsonObject
        {
            ["kind"] = "message",
            ["role"] = "agent",
            ["messageId"] = Guid.NewGuid().ToString(),
            ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = reply.Text }),
        };
        if (TurnUsage.ToJson(reply.Tokens) is { } usage)
        {
            message["usage"] = usage;
        }

        return message;
    }
}
