using System.Text.Json.Nodes;

namespace Molecule.Tests.Workspace;

// What holds of a whole workspace's streamed turns (spec/runtimes-and-providers.md 1.5; A2A 0.3 for the task methods).
public abstract partial class RuntimeContract
{
    [Fact]
    public async Task A_streamed_turn_is_a_task_that_works_brings_its_pieces_and_is_completed()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        workspace.Vendor.BeforePiece = (piece, gone) => piece is 2 ? first.Task.WaitAsync(Deadline, gone) : Task.CompletedTask;
        var events = new List<JsonObject>();

        await foreach (var e in workspace.StreamAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled))
        {
            events.Add(e);
            if ((string?)e["kind"] is "artifact-update")
            {
                first.TrySetResult();
            }
        }

        Assert.Equal(("task", "submitted", "c1"), ((string?)events[0]["kind"], (string?)events[0]["status"]?["state"], (string?)events[0]["contextId"]));
        Assert.Equal(("status-update", "working", false), ((string?)events[1]["kind"], (string?)events[1]["status"]?["state"], (bool?)events[1]["final"]));
        Assert.Equal(("status-update", "completed", true), ((string?)events[^1]["kind"], (string?)events[^1]["status"]?["state"], (bool?)events[^1]["final"]));
        Assert.Equal(3, (int?)events[^1]["usage"]?["output_tokens"]);
        var chunks = events[2..^1];
        Assert.All(chunks, static e => Assert.Equal("artifact-update", (string?)e["kind"]));
        Assert.Equal([false, .. Enumerable.Repeat(true, chunks.Count - 1)], chunks.Select(static e => (bool?)e["append"] ?? false));
        Assert.Equal("MIRELO-KAVODU", string.Concat(chunks.Select(static e => (string?)e["artifact"]?["parts"]?[0]?["text"])));

        var id = (string)events[0]["id"]!;
        Assert.All(events[1..], e => Assert.Equal(id, (string?)e["taskId"]));
        var kept = await workspace.CallAsync("tasks/get", new JsonObject { ["id"] = id }, Cancelled);
        Assert.Equal("completed", (string?)kept["result"]?["status"]?["state"]);
        Assert.Equal("MIRELO-KAVODU", (string?)kept["result"]?["artifacts"]?[0]?["parts"]?[0]?["text"]);
        Assert.Equal(-32002, (int?)(await workspace.CallAsync("tasks/cancel", new JsonObject { ["id"] = id }, Cancelled))["error"]?["code"]);
        Assert.Equal(-32001, (int?)(await workspace.CallAsync("tasks/get", new JsonObject { ["id"] = "no-task" }, Cancelled))["error"]?["code"]);
        Assert.Equal(-32001, (int?)(await workspace.CallAsync("tasks/cancel", new JsonObject { ["id"] = "no-task" }, Cancelled))["error"]?["code"]);
    }

    [Fact]
    public async Task A_streamed_turn_ends_when_it_is_cancelled_and_when_its_caller_hangs_up()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        var aborted = workspace.Vendor.HangAfterTheFirstPiece();
        var events = new List<JsonObject>();
        Task<JsonObject>? cancel = null;

        await foreach (var e in workspace.StreamAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled))
        {
            events.Add(e);
            if ((string?)e["kind"] is "artifact-update")
            {
                cancel ??= workspace.CallAsync("tasks/cancel", new JsonObject { ["id"] = (string?)e["taskId"] }, Cancelled);
            }
        }

        Assert.Equal(("canceled", true), ((string?)events[^1]["status"]?["state"], (bool?)events[^1]["final"]));
        Assert.Equal("canceled", (string?)(await cancel!)["result"]?["status"]?["state"]);
        await aborted.WaitAsync(Deadline, Cancelled);

        aborted = workspace.Vendor.HangAfterTheFirstPiece();
        var task = "";
        await foreach (var e in workspace.StreamAsync(Words.Prompt("BAVUNE", "DORIMA"), Cancelled))
        {
            task = (string?)e["taskId"] ?? task;
            if ((string?)e["kind"] is "artifact-update")
            {
                break;
            }
        }

        await aborted.WaitAsync(Deadline, Cancelled);
        workspace.Vendor.BeforePiece = null;
        Assert.Contains("TELUNO-SOPIRA", RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)), StringComparison.Ordinal);
        Assert.Equal("canceled", (string?)(await workspace.CallAsync("tasks/get", new JsonObject { ["id"] = task }, Cancelled))["result"]?["status"]?["state"]);
    }
}
