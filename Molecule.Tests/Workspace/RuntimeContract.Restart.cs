using System.Net;
using System.Text.Json.Nodes;
using Molecule.Workspace.Agents;

namespace Molecule.Tests.Workspace;

// What holds of a whole workspace over time: its heartbeats, its transcript, its soft restart.
public abstract partial class RuntimeContract
{
    /// <summary>Under what the whole graph grants a service (design 5, "stops within 5 s").</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_workspace_stopped_in_a_turn_stops_in_time_and_goes_on_with_its_conversation_when_it_starts_again()
    {
        await using var workspace = await RunningWorkspace.StartAsync(origin => new(Configured(origin)) { ["MY_SECRET"] = "turn-secret-1" }, Cancelled);
        await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        var reached = workspace.Vendor.Hang();
        var cut = workspace.CallRawAsync(Words.Prompt("BAVUNE", "turn-secret-1"), Cancelled);
        await reached.WaitAsync(Deadline, Cancelled);

        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await workspace.Program.StopAsync());
        var took = TimeProvider.System.GetElapsedTime(began);

        Assert.True(took < LongestStop, $"The stop took {took.TotalSeconds:0.0} s.");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await cut);
        var snapshot = await File.ReadAllTextAsync(Path.Combine(workspace.Folder("configs"), ".agent_snapshot.json"), Cancelled);
        Assert.Contains("BAVUNE", (string?)JsonNode.Parse(snapshot)?["interrupted_task"], StringComparison.Ordinal);
        Assert.DoesNotContain("turn-secret-1", snapshot, StringComparison.Ordinal);

        workspace.Vendor.Instead = null;
        await workspace.StartAgainAsync(Cancelled);
        Assert.Contains("TELUNO-SOPIRA", RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)), StringComparison.Ordinal);
        Assert.Contains("KAVODU", workspace.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heartbeats_follow_a_turn_and_its_session_is_told_what_the_platform_remembers()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        workspace.Platform.Memories = """[{"id":"m1","content":"The user collects stamps."}]""";
        var first = await workspace.Platform.NextHeartbeatAsync(Cancelled);
        Assert.Equal((0, "", ""), Told(first.Body));
        var reached = workspace.Vendor.Hang();
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var turn = Task.Run(
            async () =>
            {
                await foreach (var _ in workspace.StreamAsync(Words.Prompt("KAVODU", "MIRELO"), hangUp.Token))
                {
                }
            },
            Cancelled);
        await reached.WaitAsync(Deadline, Cancelled);
        await HeartbeatAsync(workspace, static beat => beat is { Active: 1 } && beat.Task.StartsWith("Here are two words", StringComparison.Ordinal), "a heartbeat of the turn");
        await hangUp.CancelAsync();
        await HeartbeatAsync(workspace, static beat => beat is { Active: 0, Task: "" }, "a heartbeat after the turn");

        await Assert.ThrowsAnyAsync<Exception>(() => turn);
        Assert.Contains("The user collects stamps.", workspace.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_transcript_is_read_in_pages_by_the_holder_of_the_workspaces_token_alone()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        await workspace.Platform.NextHeartbeatAsync(Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, (await workspace.TranscriptAsync("", null, Cancelled)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await workspace.TranscriptAsync("", PlatformStandIn.Token + "x", Cancelled)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.TranscriptAsync("?since=-1", PlatformStandIn.Token, Cancelled)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.TranscriptAsync("?limit=0", PlatformStandIn.Token, Cancelled)).Status);
        Assert.Empty((await workspace.TranscriptAsync("", PlatformStandIn.Token, Cancelled)).Body["lines"]!.AsArray());
        await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);

        var (status, all) = await workspace.TranscriptAsync("", PlatformStandIn.Token, Cancelled);
        Assert.Equal((HttpStatusCode.OK, true, false), (status, (bool)all["supported"]!, (bool)all["more"]!));
        Assert.Equal(Configured("")["MOLECULE_RUNTIME"], (string?)all["runtime"]);
        Assert.NotEmpty((string)all["source"]!);
        var lines = all["lines"]!.AsArray().Select(static l => (string)l!).ToList();
        Assert.Contains(lines, static line => line.Contains("MIRELO-KAVODU", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.NotNull(JsonLine.Read(line)));
        Assert.Equal(lines.Count, (int)all["cursor"]!);

        var (_, page) = await workspace.TranscriptAsync("?since=1&limit=1", PlatformStandIn.Token, Cancelled);
        Assert.Equal((lines[1], 2, lines.Count > 2), ((string?)Assert.Single(page["lines"]!.AsArray()), (int)page["cursor"]!, (bool)page["more"]!));
        Assert.Empty((await workspace.TranscriptAsync($"?since={lines.Count}", PlatformStandIn.Token, Cancelled)).Body["lines"]!.AsArray());
        File.Delete(Path.Combine(workspace.Folder("configs"), ".auth_token"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await workspace.TranscriptAsync("", PlatformStandIn.Token, Cancelled)).Status);
    }

    private static (int Active, string Task, string State) Told(JsonObject beat) => ((int)beat["active_tasks"]!, (string)beat["current_task"]!, (string)beat["runtime_state"]!);

    private static async Task HeartbeatAsync(RunningWorkspace workspace, Func<(int Active, string Task, string State), bool> wanted, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Deadline);
        try
        {
            while (!wanted(Told((await workspace.Platform.NextHeartbeatAsync(limit.Token)).Body)))
            {
            }
        }
        catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
        {
            throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}.");
        }
    }
}
