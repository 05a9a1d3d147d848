using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.ControlPlane;

/// <summary>The A2A proxy and its books (spec/control-plane.md 6.2, 6.4).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class A2aTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Ping = """{"jsonrpc":"2.0","id":"r1","method":"message/send","params":{"message":{"role":"user","messageId":"m1","parts":[{"kind":"text","text":"ping"}]}}}""";

    [Fact]
    public async Task A_whole_call_and_its_answer_pass_byte_for_byte()
    {
        await using var agent = await FakeAgent.AnsweringAsync("""{ "jsonrpc" : "2.0", "result": {"text":"<é & 🙂>"} }""", 201, "application/json; charset=utf-8");
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);
        var call = Ping.Replace("ping", "<é & 🙂>", StringComparison.Ordinal);

        var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", call, bearer: "", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal((201, """{ "jsonrpc" : "2.0", "result": {"text":"<é & 🙂>"} }"""), (answer.Status, answer.Body));
        Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Equal([call], agent.Calls);
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", agent.Headers.TraceParent.ToString(), StringComparison.Ordinal);
        Assert.False(agent.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task A_bare_call_is_framed_keeps_its_id_and_gets_a_message_id()
    {
        await using var agent = await FakeAgent.AnsweringAsync(FakeAgent.Pong);
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        await control.SendAsync("POST", $"/workspaces/{id}/a2a", """{"method":"message/send","params":{"message":{"role":"user","parts":[]}}}""", bearer: "");
        await control.SendAsync("POST", $"/workspaces/{id}/a2a", """{"id":7,"method":"tasks/get","params":{"id":"t"}}""", bearer: "");

        var calls = agent.Calls.Select(static call => JsonElement.Parse(call)).ToArray();
        Assert.Equal("2.0", calls[0].GetProperty("jsonrpc").GetString());
        Assert.True(Guid.TryParse(calls[0].GetProperty("id").GetString(), out _));
        Assert.True(Guid.TryParse(calls[0].GetProperty("params").GetProperty("message").GetProperty("messageId").GetString(), out _));
        Assert.Equal("""{"jsonrpc":"2.0","id":7,"method":"tasks/get","params":{"id":"t"}}""", agent.Calls.Last());
    }

    [Theory]
    [InlineData("webhook:github", 403, "invalid caller ID")]
    [InlineData("system:x", 403, "invalid caller ID")]
    [InlineData("test:x", 403, "invalid caller ID")]
    [InlineData("channel:slack", 403, "invalid caller ID")]
    [InlineData("nobody", 403, "access denied: workspaces cannot communicate per hierarchy rules")]
    [InlineData("00000000-0000-4000-8000-000000000000", 403, "access denied: workspaces cannot communicate per hierarchy rules")]
    [InlineData("SIBLING", 401, "missing caller auth token")]
    public async Task A_caller_that_may_not_is_refused_before_anything_else(string caller, int status, string error)
    {
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        var (sibling, _) = await control.RegisterAsync("http://localhost:2");

        var answer = await control.SendAsync(
            "POST", $"/workspaces/{id}/a2a", "no json", bearer: "", ("X-Workspace-ID", caller.Replace("SIBLING", sibling.ToString(), StringComparison.Ordinal)));

        Assert.Equal((status, error), (answer.Status, answer["error"]));
    }

    [Fact]
    public async Task Siblings_and_those_above_and_below_may_talk_and_cousins_may_not()
    {
        await using var agent = await FakeAgent.AnsweringAsync(FakeAgent.Pong);
        var control = shared.Control;
        var ids = new Dictionary<string, Guid>();
        foreach (var (name, parent) in new[] { ("a", ""), ("b", ""), ("a1", "a"), ("a2", "a"), ("b1", "b"), ("a11", "a1") })
        {
            var created = await control.SendAsync("POST", "/workspaces", new { name, external = true, url = agent.Url, parent_id = parent.Length > 0 ? ids[parent].ToString() : null });
            ids[name] = created.Id;
        }

        foreach (var (caller, target, expected) in new[]
        {
            ("a", "b", 200), ("a1", "a2", 200), ("a", "a11", 200), ("a11", "a", 200), ("a1", "a1", 200), ("a1", "b1", 403), ("a11", "a2", 403), ("b", "a1", 403),
        })
        {
            var answer = await control.SendAsync("POST", $"/workspaces/{ids[target]}/a2a", Ping, bearer: "", ("X-Workspace-ID", ids[caller].ToString()));

            Assert.Equal((caller, target, expected), (caller, target, answer.Status));
        }

        var row = (await control.SendAsync("GET", $"/workspaces/{ids["b"]}/activity?source=agent")).Json[0];
        Assert.Equal(ids["a"], row.GetProperty("source_id").GetGuid());
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{ids["b"]}/activity?source=canvas")).Body);
        Assert.NotEqual(JsonValueKind.Null, (await control.SendAsync("GET", $"/workspaces/{ids["a"]}", bearer: "")).Json.GetProperty("last_outbound_at").ValueKind);
    }

    [Fact]
    public async Task The_target_is_checked_in_the_order_of_the_spec()
    {
        var control = shared.Control;
        var waiting = (await control.SendAsync("POST", "/workspaces", new { name = "waiting" })).Id;
        var (registered, _) = await control.RegisterAsync("http://localhost:1");
        var (removed, _) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("DELETE", $"/workspaces/{removed}");

        async Task<(int, string)> CallAsync(object id, string body = Ping)
        {
            var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", body, bearer: "");
            return (answer.Status, answer.Body);
        }

        Assert.Equal((404, """{"error":"workspace not found"}"""), await CallAsync(Guid.NewGuid()));
        Assert.Equal((404, """{"error":"workspace not found"}"""), await CallAsync("not-an-id"));
        Assert.Equal((404, """{"error":"workspace not found"}"""), await CallAsync(removed));
        Assert.Equal((503, """{"error":"workspace has no URL","status":"provisioning"}"""), await CallAsync(waiting));
        Assert.Equal((400, """{"error":"invalid JSON"}"""), await CallAsync(registered, "no json"));
        Assert.Equal((400, """{"error":"invalid JSON"}"""), await CallAsync(registered, "[1]"));
        Assert.Equal((400, """{"error":"invalid JSON"}"""), await CallAsync(registered, Ping.Replace("ping", new string('x', 1024 * 1024), StringComparison.Ordinal)));
        await control.ExecuteAsync("UPDATE workspaces SET status = 'hibernated' WHERE id = @registered", new { registered });
        Assert.Equal((503, """{"error":"workspace is waking up","retry_after":15,"waking":true}"""), await CallAsync(registered, "no json"));
        await control.ExecuteAsync("UPDATE workspaces SET budget_limit = 10, monthly_spend = 10 WHERE id = @registered", new { registered });
        Assert.Equal((402, """{"error":"workspace budget limit exceeded"}"""), await CallAsync(registered, "no json"));
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{registered}/activity")).Body);
    }

    [Fact]
    public async Task Outside_development_no_loopback_address_is_called()
    {
        await using var agent = await FakeAgent.AnsweringAsync(FakeAgent.Pong);
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_ENV"] = "staging" });
        var (id, _) = await control.RegisterAsync(agent.Url);

        var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");

        Assert.Equal((502, "workspace URL is not publicly routable"), (answer.Status, answer["error"]));
        Assert.Empty(agent.Calls);
    }

    [Fact]
    public async Task The_books_hold_the_call_its_answer_its_trace_and_its_tokens()
    {
        await using var agent = await FakeAgent.AnsweringAsync(
            """{"jsonrpc":"2.0","id":"r1","result":{"kind":"message","metadata":{"tool_trace":[{"tool":"ls"}]},"usage":{"input_tokens":11,"output_tokens":7}}}""");
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");
        await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");

        var rows = (await control.SendAsync("GET", $"/workspaces/{id}/activity?type=a2a_receive&limit=1")).Json;
        var row = Assert.Single(rows.EnumerateArray());
        Assert.Equal(
            [
                "activity_type", "created_at", "duration_ms", "error_detail", "id", "method", "request_body", "response_body", "source_id", "status", "summary", "target_id", "tool_trace",
                "workspace_id",
            ],
            row.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("ping", row.GetProperty("request_body").GetProperty("params").GetProperty("message").GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal("message", row.GetProperty("response_body").GetProperty("result").GetProperty("kind").GetString());
        Assert.Equal("""[{"tool":"ls"}]""", row.GetProperty("tool_trace").GetRawText());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("source_id").ValueKind);
        Assert.Equal("22 14 2", await control.ScalarAsync<string>("SELECT input_tokens || ' ' || output_tokens || ' ' || call_count FROM workspace_token_usage WHERE workspace_id = @id", new { id }));
        Assert.Equal(2, (await control.SendAsync("GET", $"/workspaces/{id}/activity?limit=900")).Json.GetArrayLength());
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{id}/activity?type=error")).Body);
        Assert.Equal("source must be 'canvas' or 'agent'", (await control.SendAsync("GET", $"/workspaces/{id}/activity?source=moon"))["error"]);
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{Guid.NewGuid()}/activity")).Body);
    }

    [Fact]
    public async Task An_error_of_the_agent_is_an_error_in_the_books()
    {
        await using var unready = await FakeAgent.AnsweringAsync("""{"jsonrpc":"2.0","id":"r1","error":{"code":-32603,"message":"agent not configured"}}""");
        await using var broken = await FakeAgent.AnsweringAsync("it broke", 500, "text/plain");
        await using var redirecting = await FakeAgent.StartAsync(static context =>
        {
            context.Response.Redirect("http://localhost:1/elsewhere");
            return Task.CompletedTask;
        });
        var control = shared.Control;
        foreach (var (agent, status, detail) in new[] { (unready, 200, "agent not configured"), (broken, 500, "workspace agent answered 500"), (redirecting, 302, "workspace agent answered 302") })
        {
            var (id, _) = await control.RegisterAsync(agent.Url);

            var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");

            Assert.Equal(status, answer.Status);
            Assert.Equal(("error", detail), await LastActivityAsync(control, id));
        }
    }

    [Fact]
    public async Task Json_that_the_database_cannot_hold_costs_the_bodies_but_not_the_row()
    {
        await using var agent = await FakeAgent.AnsweringAsync("""{"result":"a\u0000b"}""");
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        Assert.Equal("""{"result":"a\u0000b"}""", (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "")).Body);

        Assert.Equal("ok", (await LastActivityAsync(control, id)).Status);
    }

    [Fact]
    public async Task An_agent_that_nobody_hears_is_502_and_one_that_breaks_off_is_busy()
    {
        await using var resetting = await FakeAgent.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var halting = await FakeAgent.StartAsync(static async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        string closed;
        await using (var gone = await FakeAgent.SilentAsync())
        {
            closed = gone.Url;
        }

        var control = shared.Control;
        foreach (var (url, keepsSessions, status, body) in new[]
        {
            (closed, true, 502, """{"error":"failed to reach workspace agent"}"""),
            (resetting.Url, true, 503, """{"busy":true,"error":"workspace agent is busy","retry_after":30}"""),
            (halting.Url, true, 503, """{"busy":true,"error":"workspace agent is busy","retry_after":30}"""),
            (halting.Url, false, 202, null),
        })
        {
            var (id, token) = await control.RegisterAsync(url);
            await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, active_tasks = 1, runtime_metadata = new { capabilities = new { session = keepsSessions } } }, token);

            var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");

            Assert.Equal((status, body ?? answer.Body), (answer.Status, answer.Body));
            Assert.Equal(status == 503 ? "30" : null, answer.Headers.GetValueOrDefault("Retry-After"));
            Assert.Equal("error", (await LastActivityAsync(control, id)).Status);
        }
    }

    [Fact]
    public async Task A_silent_agent_is_busy_after_five_minutes_unless_it_beats()
    {
        var time = new FakeTimeProvider();
        await using var agent = await FakeAgent.SilentAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        var (id, token) = await control.RegisterAsync(agent.Url);
        var call = control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");
        await CallArrivedAsync(agent);

        time.Advance(TimeSpan.FromMinutes(4));
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(call.IsCompleted);
        Assert.False(agent.CallerGone.Task.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));

        var answer = await call;
        Assert.Equal((202, "True"), (answer.Status, answer["queued"]));
        await agent.CallerGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("X-Timeout", "7", 7)]
    [InlineData("X-Workspace-ID", "SELF", 1800)]
    public async Task A_hard_limit_holds_though_the_agent_beats(string header, string value, int seconds)
    {
        var time = new FakeTimeProvider();
        await using var agent = await FakeAgent.SilentAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        var (id, token) = await control.RegisterAsync(agent.Url);
        var call = control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "", (header, value.Replace("SELF", id.ToString(), StringComparison.Ordinal)));
        await CallArrivedAsync(agent);

        for (var passed = 0; passed < seconds - 1; passed += Math.Min(240, seconds - 1 - passed))
        {
            time.Advance(TimeSpan.FromSeconds(Math.Min(240, seconds - 1 - passed)));
            await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);
        }

        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(202, (await call).Status);
    }

    [Fact]
    public async Task A_runtime_may_ask_for_a_longer_silence()
    {
        var time = new FakeTimeProvider();
        await using var agent = await FakeAgent.SilentAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        var (id, token) = await control.RegisterAsync(agent.Url);
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, runtime_metadata = new { idle_timeout_seconds = 900 } }, token);
        var call = control.SendAsync("POST", $"/workspaces/{id}/a2a", Ping, bearer: "");
        await CallArrivedAsync(agent);

        time.Advance(TimeSpan.FromSeconds(899));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(202, (await call).Status);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_ends_the_agent_s_call_and_is_booked()
    {
        await using var agent = await FakeAgent.SilentAsync();
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);
        using var hangUp = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workspaces/{id}/a2a") { Content = new StringContent(Ping) };
        var call = control.OpenAsync(request, hangUp.Token);
        await CallArrivedAsync(agent);

        await hangUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await agent.CallerGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        await RunningControlPlane.UntilAsync(
            "the row of the call that was given up", () => control.ScalarAsync<string?>("SELECT error_detail FROM activity_logs WHERE workspace_id = @id", new { id }), static detail => detail == "the caller hung up");
    }

    [Fact]
    public async Task A_workspace_whose_process_is_gone_is_restarted_and_the_caller_told_so()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var created = await control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "k" } });
        Assert.Equal("i-1", await control.InstanceAsync(created.Id));
        string closed;
        await using (var agent = await FakeAgent.SilentAsync())
        {
            closed = agent.Url;
        }

        await control.RegisterAsync(closed, created.Id);
        Assert.Equal(502, (await control.SendAsync("POST", $"/workspaces/{created.Id}/a2a", Ping, bearer: "")).Status);

        node.State = "stopped";
        var answer = await control.SendAsync("POST", $"/workspaces/{created.Id}/a2a", Ping, bearer: "");

        Assert.Equal((503, """{"error":"workspace agent has ended and is being restarted","restarting":true}"""), (answer.Status, answer.Body));
        Assert.Equal("i-2", await control.InstanceAsync(created.Id, "i-1"));
        Assert.Equal(
            "WORKSPACE_PROVISIONING WORKSPACE_ONLINE WORKSPACE_OFFLINE WORKSPACE_PROVISIONING",
            await control.ScalarAsync<string>("SELECT string_agg(event_type, ' ' ORDER BY created_at) FROM structure_events"));
    }

    private static Task<int> CallArrivedAsync(FakeAgent agent) =>
        RunningControlPlane.UntilAsync("the call at the agent", () => Task.FromResult(agent.Calls.Count), static count => count == 1);

    private static async Task<(string? Status, string? Detail)> LastActivityAsync(RunningControlPlane control, Guid id)
    {
        var row = (await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json[0];
        return (row.GetProperty("status").GetString(), row.GetProperty("error_detail").GetString());
    }
}
