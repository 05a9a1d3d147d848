using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Tests.Harness;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Delegations;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>How results of delegations come back to the agent that gave them (spec/runtimes-and-providers.md 1.8, spec/control-plane.md 3.3).</summary>
public sealed class DelegationWatchTests : IDisposable
{
    private const string List = "GET /workspaces/ws-1/delegations";
    private const string Self = "POST /workspaces/ws-1/a2a";
    private const string Notify = "POST /workspaces/ws-1/notify";

    private readonly ScriptedPlatform _platform = new();
    private readonly TurnQueue _queue = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _queue.Dispose();
        _platform.Dispose();
    }

    [Fact]
    public async Task Results_come_back_once_as_one_message_to_itself_and_failures_to_the_user_too()
    {
        _platform.Answers[Self] = (HttpStatusCode.OK, "{}");
        _platform.Answers[Notify] = (HttpStatusCode.OK, "{}");
        Listed(
            Row("d-1", "completed", """ "response_preview":"all done" """),
            Row("d-2", "failed", """ "error":"no such peer" """),
            Row("d-3", "pending", """ "response_preview":"" """),
            Row("d-1", "completed", """ "response_preview":"all done" """),
            """{"id":"x","source_id":"ws-2","target_id":"ws-1","status":"completed","created_at":"2026-11-27T12:30:00Z"}""");
        var watch = Watch();

        Assert.True(await watch.LookAsync(Cancelled));
        Assert.True(await watch.LookAsync(Cancelled));

        Assert.Equal("Results of your delegations:\nDelegation d-1 to ws-9: completed: all done\nDelegation d-2 to ws-9: failed: no such peer", Assert.Single(Told()));
        Assert.Equal("Delegation d-2 to ws-9: failed: no such peer", (string?)Assert.Single(_platform.Calls, static c => c.Route == Notify).Body!["message"]);
        Assert.All(_platform.Calls, static c => Assert.Equal(($"Bearer {ScriptedPlatform.Token}", "ws-1"), (c.Authorization, c.Workspace)));
    }

    [Fact]
    public async Task Results_wait_for_the_turn_that_runs_for_the_minute_and_for_a_platform_that_takes_them()
    {
        Listed(Row("d-1", "completed", """ "response_preview":"one" """));
        var watch = Watch();
        var turn = new TaskCompletionSource<TurnReply>();
        var running = _queue.RunAsync(_ => turn.Task, Cancelled);
        await watch.LookAsync(Cancelled);
        Assert.Empty(Told());

        turn.SetResult(new TurnReply("", null, Failed: false));
        await running;
        _platform.Answers[Self] = (HttpStatusCode.BadGateway, "");
        await watch.LookAsync(Cancelled);
        Assert.Single(Told());

        _platform.Answers[Self] = (HttpStatusCode.OK, "{}");
        Listed(Row("d-1", "completed", """ "response_preview":"one" """), Row("d-2", "completed", """ "response_preview":"two" """));
        _platform.Time.Advance(TimeSpan.FromSeconds(59));
        await watch.LookAsync(Cancelled);
        Assert.Single(Told());
        _platform.Time.Advance(TimeSpan.FromSeconds(2));
        await watch.LookAsync(Cancelled);
        Assert.Equal("Results of your delegations:\nDelegation d-1 to ws-9: completed: one\nDelegation d-2 to ws-9: completed: two", Told()[1]);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_silences_it_no_longer_than_the_minute()
    {
        _platform.Answers[Self] = (HttpStatusCode.OK, "{}");
        Listed(Row("d-1", "completed", """ "response_preview":"one" """));
        var clock = new JumpingClock(_platform.Time.GetUtcNow());
        var watch = new DelegationWatch(_platform.Connect(), _platform.Settings, static () => true, _queue, clock, NullLogger<DelegationWatch>.Instance);
        await watch.LookAsync(Cancelled);
        clock.Set = TimeSpan.FromHours(-1);
        Listed(Row("d-1", "completed", """ "response_preview":"one" """), Row("d-2", "completed", """ "response_preview":"two" """));
        await watch.LookAsync(Cancelled);
        Assert.Single(Told());

        clock.Advance(TimeSpan.FromSeconds(61));
        await watch.LookAsync(Cancelled);

        Assert.Equal(2, Told().Count);
    }

    [Fact]
    public async Task What_had_ended_before_the_workspace_started_is_not_told_again_and_what_ends_later_is()
    {
        _platform.Answers[Self] = (HttpStatusCode.OK, "{}");
        Listed(Row("d-1", "completed", """ "response_preview":"old" """, "11:30"), Row("d-2", "pending", """ "response_preview":"" """, "11:30"));
        var watch = Watch();
        await watch.LookAsync(Cancelled);
        Assert.Empty(Told());

        Listed(Row("d-1", "completed", """ "response_preview":"old" """, "11:30"), Row("d-2", "completed", """ "response_preview":"late" """, "11:30"));
        await watch.LookAsync(Cancelled);
        Assert.EndsWith("Delegation d-2 to ws-9: completed: late", Assert.Single(Told()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "", false)]
    [InlineData(HttpStatusCode.InternalServerError, "", true)]
    [InlineData(HttpStatusCode.OK, "<html>", true)]
    [InlineData(HttpStatusCode.OK, """{"error":"no list"}""", true)]
    public async Task A_platform_without_delegations_is_not_asked_again_and_one_in_trouble_is(HttpStatusCode status, string body, bool again)
    {
        _platform.Answers[List] = (status, body);

        Assert.Equal(again, await Watch().LookAsync(Cancelled));
        Assert.Empty(Told());
    }

    private List<string> Told() => [.. _platform.Calls.Where(static c => c.Route == Self).Select(static c =>
    {
        var message = c.Body!["params"]!["message"]!;
        Assert.Equal(("message/send", "self"), ((string?)c.Body["method"], (string?)message["metadata"]?["source"]));
        return (string)message["parts"]![0]!["text"]!;
    })];

    private void Listed(params string[] rows) => _platform.Answers[List] = (HttpStatusCode.OK, $"[{string.Join(',', rows)}]");

    private static string Row(string id, string status, string more, string at = "12:30") =>
        $$"""{"id":"row-{{id}}","type":"delegation","source_id":"ws-1","target_id":"ws-9","status":"{{status}}","created_at":"2026-11-27T{{at}}:00Z","delegation_id":"{{id}}",{{more}}}""";

    private DelegationWatch Watch() => new(
        _platform.Connect(), _platform.Settings, static () => true, _queue, _platform.Time, NullLogger<DelegationWatch>.Instance);
}
