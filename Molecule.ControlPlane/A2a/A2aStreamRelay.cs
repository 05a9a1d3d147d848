using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.A2a;

/// <summary>Passes an agent's stream on, event by event as it comes (spec/runtimes-and-providers.md 1.5, message/stream).</summary>
public sealed class A2aStreamRelay(WorkspacePulse pulse, A2aBooks books, WorkspaceRevival revival, TimeProvider time)
{
    // JSON-RPC's internal error (https://www.jsonrpc.org/specification#error_object).
    private const int InternalError = -32603;

    /// <summary>Passes it on to its end. The row is written before the event that ends the answer is passed on: who has the answer finds the row.</summary>
    /// <param name="started">When the call began, by the time provider's stamp.</param>
    /// <param name="overdue">Ends when the agent may take no longer, or this process stops.</param>
    public async Task PassAsync(HttpContext context, AgentStream stream, A2aCall call, long started, CancellationToken overdue)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(call);
        var caller = context.RequestAborted;
        var answer = new StreamedAnswer();
        var isBooked = false;

        Task BookAsync(string? problem)
        {
            if (isBooked)
            {
                return Task.CompletedTask;
            }

            isBooked = true;
            var outcome = answer.ToOutcome();
            return books.WriteAsync(call.ToActivity(time.GetElapsedTime(started), outcome, problem ?? outcome.Error), call.Caller, call.Charge(outcome));
        }

        try
        {
            await OpenAsync(context, stream, caller);
            while (true)
            {
                var (whole, end) = await stream.NextAsync(overdue, caller);
                if (whole.IsEmpty)
                {
                    var problem = end?.Problem ?? (answer.IsUnfinished ? StreamedAnswer.Unfinished : null);
                    if (problem is not null && !isBooked)
                    {
                        await BookAsync(problem);
                        await SendAsync(context, await ErrorAsync(call, problem, caller), caller);
                    }

                    await BookAsync(null);
                    return;
                }

                pulse.Beat(call.Target.Id);
                answer.Take(whole.Span);
                if (answer.IsFinal)
                {
                    await BookAsync(null);
                }

                await SendAsync(context, whole, caller);
            }
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            await BookAsync("the caller hung up");
            throw;
        }
    }

    private static async Task OpenAsync(HttpContext context, AgentStream stream, CancellationToken caller)
    {
        var response = context.Response;
        response.StatusCode = stream.Status;
        response.ContentType = stream.ContentType;
        response.Headers.CacheControl = "no-cache";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(caller);
        await response.Body.FlushAsync(caller);
    }

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> whole, CancellationToken caller)
    {
        await context.Response.Body.WriteAsync(whole, caller);
        await context.Response.Body.FlushAsync(caller);
        caller.ThrowIfCancellationRequested();
    }

    // The status is long sent: the stream itself must say that this is no whole answer.
    private async Task<ReadOnlyMemory<byte>> ErrorAsync(A2aCall call, string problem, CancellationToken caller)
    {
        var isRestarting = false;
        try
        {
            isRestarting = await revival.RestartIfEndedAsync(call.Target, caller);
        }
        catch (DbException)
        {
            // The caller must be told of the broken answer all the same; the sweep finds the workspace.
        }

        using var request = JsonDocument.Parse(call.Envelope.Body);
        var error = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = request.RootElement.TryGetProperty("id", out var id) ? JsonNode.Parse(id.GetRawText()) : null,
            ["error"] = new JsonObject
            {
                ["code"] = InternalError,
                ["message"] = isRestarting ? "workspace agent has ended in the middle of its answer and is being restarted" : $"workspace agent did not finish its answer: {problem}",
                ["data"] = new JsonObject { ["restarting"] = isRestarting },
            },
        };
        return Encoding.UTF8.GetBytes($"data: {Encoding.UTF8.GetString(WireJson.Serialize<JsonNode>(error).Span)}\n\n");
    }
}
