using System.Text.Json.Nodes;
using System.Threading.Channels;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Turns;

namespace Molecule.Workspace.A2A;

/// <summary>
/// A turn as the events of <c>message/stream</c>: the task, working, the pieces of the answer as they come, the end
/// (spec/runtimes-and-providers.md 1.5). A caller that goes away ends its turn.
/// </summary>
public sealed class TurnStream(TurnQueue queue, TurnRunner runner, TaskStore tasks)
{
    /// <summary>Begins a turn.</summary>
    /// <returns>Its events; null when <see cref="TurnQueue.Capacity"/> turns are there already.</returns>
    public IAsyncEnumerable<JsonObject>? Begin(IAgent agent, JsonObject message, string text, CancellationToken caller)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(caller);
        var task = tasks.Begin(MessageText.ContextOf(message), message, () => CancelAsync(stop));
        var events = Channel.CreateUnbounded<JsonObject>();
        events.Writer.TryWrite(task.ToJson());
        var turn = queue.RunAsync(closing => RunAsync(agent, task, text, events.Writer, closing, stop.Token), stop.Token);

        // The queue says at once whether it takes a turn.
        if (turn is { IsCompletedSuccessfully: true, Result: null })
        {
            tasks.Withdraw(task.Id);
            stop.Dispose();
            return null;
        }

        return ReadAsync(events.Reader, EndAsync(turn, task.Id, events.Writer, stop));
    }

    private async Task<TurnReply> RunAsync(
        IAgent agent, AgentTask task, string text, ChannelWriter<JsonObject> events, CancellationToken closing, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, stop);
        events.TryWrite(tasks.Change(task.Id, TaskPhase.Working).StatusUpdate());
        if (text.Length is 0)
        {
            return TurnReply.EmptyMessage;
        }

        var begun = false;
        var reply = await runner.RunAsync(
            agent,
            text,
            piece =>
            {
                events.TryWrite(task.ArtifactUpdate(piece, append: begun, last: false));
                begun = true;
            },
            either.Token).ConfigureAwait(false);
        if (!reply.Failed && !begun)
        {
            events.TryWrite(task.ArtifactUpdate(reply.Text, append: false, last: true));
        }

        return reply;
    }

    private async Task EndAsync(Task<TurnReply?> turn, string id, ChannelWriter<JsonObject> events, CancellationTokenSource stop)
    {
        var ended = TaskPhase.Canceled;
        TurnReply? reply = null;
        try
        {
            reply = await turn.ConfigureAwait(false);
            ended = reply is { Failed: false } ? TaskPhase.Completed : TaskPhase.Failed;
        }
        catch (OperationCanceledException)
        {
            // By its caller, or because the workspace stops.
        }
        finally
        {
            events.TryWrite(tasks.Change(id, ended, reply?.Text, TurnUsage.ToJson(reply?.Tokens)).StatusUpdate());
            events.Complete();
            stop.Dispose();
        }
    }

    private static async IAsyncEnumerable<JsonObject> ReadAsync(ChannelReader<JsonObject> events, Task end)
    {
        await foreach (var e in events.ReadAllAsync().ConfigureAwait(false))
        {
            yield return e;
        }

        await end.ConfigureAwait(false);
    }

    private static async Task CancelAsync(CancellationTokenSource stop)
    {
        try
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The turn has ended meanwhile.
        }
    }
}
