using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>The streamed turns' tasks and their events, the agent scripted (spec/runtimes-and-providers.md 1.5, 1.7).</summary>
public sealed class StreamedTaskTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TurnQueue _queue = new();
    private readonly Wedge _wedge = new();
    private readonly ScriptedPlatform _platform = new("OPENAI_API_KEY=mol-key-1234");
    private readonly TaskStore _tasks;

    public StreamedTaskTests() => _tasks = new TaskStore(_time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _queue.Dispose();
        _platform.Dispose();
    }

    [Fact]
    public async Task A_failure_is_the_tasks_failed_state_with_the_masked_error_text()
    {
        var events = await EventsAsync(new ScriptedAgent(new TurnReply("no good: mol-key-1234", null, Failed: true)), "hello");

        Assert.Equal(["submitted", "working", "failed"], events.Select(State));
        Assert.True((bool?)events[^1]["final"]);
        Assert.Equal("no good: [masked]", (string?)events[^1]["status"]?["message"]?["parts"]?[0]?["text"]);
        Assert.Equal("no good: [masked]", (string?)_tasks.Find((string)events[0]["id"]!)!.ToJson()["status"]?["message"]?["parts"]?[0]?["text"]);
    }

    [Fact]
    public async Task An_answer_that_came_in_no_pieces_comes_whole_and_an_empty_message_reaches_no_agent()
    {
        var whole = await EventsAsync(new ScriptedAgent(new TurnReply("(no response generated)", null, Failed: false)), "hello");
        Assert.Equal(["submitted", "working", null, "completed"], whole.Select(State));
        Assert.Equal("(no response generated)", (string?)whole[2]["artifact"]?["parts"]?[0]?["text"]);
        Assert.True((bool?)whole[2]["lastChunk"]);

        var agent = new ScriptedAgent(new TurnReply("never", null, Failed: false));
        var empty = await EventsAsync(agent, "");
        Assert.Equal("message contained no text content", (string?)empty[^1]["status"]?["message"]?["parts"]?[0]?["text"]);
        Assert.Equal(0, agent.Turns);
    }

    [Fact]
    public async Task A_queue_that_is_full_takes_no_stream_and_keeps_no_task_of_it()
    {
        var never = new TaskCompletionSource<TurnReply>();
        var waiting = Enumerable.Range(0, TurnQueue.Capacity).Select(_ => _queue.RunAsync(__ => never.Task, Cancelled)).ToList();

        Assert.Null(Stream().Begin(new ScriptedAgent(new TurnReply("x", null, Failed: false)), Message("hello"), "hello", Cancelled));

        never.SetResult(new TurnReply("x", null, Failed: false));
        await Task.WhenAll(waiting);
        Assert.NotNull(Stream().Begin(new ScriptedAgent(new TurnReply("x", null, Failed: false)), Message("hello"), "hello", Cancelled));
    }

    [Fact]
    public async Task A_turn_that_still_waits_can_be_cancelled_and_never_runs()
    {
        var before = new TaskCompletionSource<TurnReply>();
        var running = _queue.RunAsync(_ => before.Task, Cancelled);
        var agent = new ScriptedAgent(new TurnReply("x", null, Failed: false));
        await using var events = Stream().Begin(agent, Message("hello"), "hello", Cancelled)!.GetAsyncEnumerator(Cancelled);
        Assert.True(await events.MoveNextAsync());
        var id = (string)events.Current["id"]!;

        Assert.Equal(TaskPhase.Canceled, (await _tasks.CancelAsync(id, Cancelled))!.Phase);

        Assert.True(await events.MoveNextAsync());
        Assert.Equal("canceled", State(events.Current));
        before.SetResult(new TurnReply("x", null, Failed: false));
        await running;
        Assert.Equal(0, agent.Turns);
    }

    [Fact]
    public void Ended_tasks_are_kept_for_an_hour_and_at_most_256_of_them_and_running_ones_as_long_as_they_run()
    {
        var running = Begin();
        var ended = Enumerable.Range(0, TaskStore.Kept + 1).Select(_ => _tasks.Change(Begin(), TaskPhase.Completed, "x").Id).ToList();
        Assert.Null(_tasks.Find(ended[0]));
        Assert.NotNull(_tasks.Find(ended[1]));

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(_tasks.Find(ended[^1]));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(_tasks.Find(ended[^1]));
        Assert.NotNull(_tasks.Find(running));
    }

    [Fact]
    public async Task The_first_failure_that_needs_a_restart_is_kept_until_a_turn_succeeds()
    {
        await EventsAsync(new ScriptedAgent(new TurnReply("rate limited", null, Failed: true)), "hello");
        Assert.Null(_wedge.Reason);
        await EventsAsync(new ScriptedAgent(new TurnReply("stalled", null, Failed: true, Wedged: true)), "hello");
        await EventsAsync(new ScriptedAgent(new TurnReply("stalled again", null, Failed: true, Wedged: true)), "hello");
        await EventsAsync(new ScriptedAgent(new TurnReply("rate limited", null, Failed: true)), "hello");
        Assert.Equal("stalled", _wedge.Reason);
        await EventsAsync(new ScriptedAgent(new TurnReply("fine", null, Failed: false)), "hello");
        Assert.Null(_wedge.Reason);
    }

    private string Begin() => _tasks.Begin("c1", Message("hello"), static () => Task.CompletedTask).Id;

    private TurnStream Stream() => new(_queue, ScriptedTurns.Runner(_platform, _wedge), _tasks);

    private async Task<List<JsonObject>> EventsAsync(IAgent agent, string text)
    {
        var events = new List<JsonObject>();
        await foreach (var e in Stream().Begin(agent, Message(text), text, Cancelled)!)
        {
            events.Add(e);
        }

        return events;
    }

    private static string? State(JsonObject e) => (string?)e["status"]?["state"];

    private static JsonObject Message(string text) => new() { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }) };
}
