using System.Collections.Immutable;
using System.Text.Json;
using Molecule.HermesEmulated.Models;
using Molecule.HermesEmulated.Sessions;
using Molecule.HermesEmulated.Turns;

namespace Molecule.HermesEmulated.Api;

/// <summary><c>POST /v1/chat/completions</c>: one turn, of the session that X-Hermes-Session-Id names.</summary>
public static class ChatCompletions
{
    private const string SessionHeader = "X-Hermes-Session-Id";
    private const int LongestSessionId = 256;

    public static async Task HandleAsync(HttpContext context, AgentTurn agent, SessionStore sessions, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        ChatRequest request;
        try
        {
            request = await ChatRequest.ReadAsync(context.Request.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            await ApiErrors.BadRequest(e.Message).ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        var session = context.Request.Headers[SessionHeader].ToString() is { Length: > 0 } named ? named : Guid.NewGuid().ToString("N");
        if (session.Length > LongestSessionId)
        {
            await ApiErrors.BadRequest("Invalid session ID").ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        // A caller who has gone interrupts the turn, as a stop does.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await RunAsync(context, request, session, agent, sessions, time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    private static async Task RunAsync(
        HttpContext context, ChatRequest request, string session, AgentTurn agent, SessionStore sessions, TimeProvider time, CancellationToken cancellationToken)
    {
        using var lease = await sessions.TakeAsync(session, cancellationToken).ConfigureAwait(false);
        var history = await sessions.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        var (id, created) = ($"chatcmpl-{Guid.NewGuid():N}", time.GetUtcNow().ToUnixTimeSeconds());
        context.Response.Headers[SessionHeader] = session;
        var stream = new ChatStream(context.Response, id, created);
        Task Hear(string text) => request.Stream ? stream.TextAsync(text, cancellationToken) : Task.CompletedTask;

        var result = await agent.RunAsync(history, request.Prompt, Hear, cancellationToken).ConfigureAwait(false);
        if (result.Messages != history)
        {
            // Also of a turn that was given up.
            await sessions.WriteAsync(session, result.Messages, CancellationToken.None).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();

        switch (result)
        {
            case { Answer: { } answer } when request.Stream:
                if (answer is { Text.Length: 0, Reasoning.Length: > 0 })
                {
                    await stream.ReasoningAsync(answer.Reasoning, cancellationToken).ConfigureAwait(false);
                }

                await stream.EndAsync(Usage(answer), cancellationToken).ConfigureAwait(false);
                break;
            case { Answer: { } answer }:
                await Results.Json(Completion(id, created, answer)).ExecuteAsync(context).ConfigureAwait(false);
                break;
            case { Failure: { } failure } when stream.HasBegun:
                await stream.FailAsync(ApiErrors.Body(failure), cancellationToken).ConfigureAwait(false);
                break;
            default:
                await ApiErrors.Failed(result.Failure!).ExecuteAsync(context).ConfigureAwait(false);
                break;
        }
    }

    private static object Usage(ModelAnswer answer) =>
        new { prompt_tokens = answer.Input, completion_tokens = answer.Output, total_tokens = answer.Input + answer.Output };

    private static object Completion(string id, long created, ModelAnswer answer) => new
    {
        id,
        @object = "chat.completion",
        created,
        model = ApiServer.ModelName,
        choices = new[] { new { index = 0, message = new { role = "assistant", content = answer.Text, reasoning_content = answer.Reasoning }, finish_reason = "stop" } },
        usage = Usage(answer),
    };
}
