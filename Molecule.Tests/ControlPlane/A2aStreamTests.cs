using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.ControlPlane;

/// <summary>Streams through the A2A proxy (spec/runtimes-and-providers.md 1.5, message/stream).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class A2aStreamTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Ask = """{"jsonrpc":"2.0","id":"s1","method":"message/stream","params":{"message":{"role":"user","messageId":"m1","parts":[{"kind":"text","text":"say it"}]}}}""";

    // The order of spec 1.5: task, status at work, pieces of an artifact, last status; one event with carriage returns, one with a comment and a name.
    private static readonly string[] Frames =
    [
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"kind\":\"task\",\"id\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"submitted\"}}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"kind\":\"status-update\",\"taskId\":\"t1\",\"contextId\":\"c1\",\"status\":{\"state\":\"working\"},\"final\":false}}\r\n\r\n",
        ": still here\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"kind\":\"artifact-update\",\"taskId\":\"t1\",\"artifact\":{\"artifactId\":\"a1\",\"parts\":[{\"kind\":\"text\",\"text\":\"b\u00e9ta-\"}]}}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"kind\":\"artifact-update\",\"taskId\":\"t1\",\"append\":true,\"artifact\":{\"artifactId\":\"a1\",\"parts\":[{\"kind\":\"text\",\"text\":\"alpha\"}]}}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{\"kind\":\"status-update\",\"taskId\":\"t1\",\"status\":{\"state\":\"completed\"},\"metadata\":{\"tool_trace\":[{\"tool\":\"ls\"}]},\"usage\":{\"input_tokens\":5,\"output_tokens\":3},\"final\":true}}\n\n",
    ];

    [Fact]
    public async Task A_stream_arrives_event_by_event_and_its_row_is_there_before_the_last_one()
    {
        using var next = new SemaphoreSlim(0);
        await using var agent = await FakeAgent.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            foreach (var frame in Frames)
            {
                await context.Response.WriteAsync(frame);
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }
        });
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        using var response = await OpenAsync(control, id);

        Assert.Equal((200, "text/event-stream; charset=utf-8"), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal([Ask], agent.Calls);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        foreach (var frame in Frames)
        {
            // The agent sends no event before this one has been read.
            Assert.Equal(frame, await ReadAsync(body, Encoding.UTF8.GetByteCount(frame)));
            if (frame != Frames[^1])
            {
                Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{id}/activity")).Body);
                next.Release();
            }
        }

        var row = Assert.Single((await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json.EnumerateArray());
        Assert.Equal(("message/stream", "ok"), (row.GetProperty("method").GetString(), row.GetProperty("status").GetString()));
        var result = row.GetProperty("response_body").GetProperty("result");
        Assert.Equal("completed", result.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal("béta-alpha", result.GetProperty("artifacts")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal("""[{"tool":"ls"}]""", row.GetProperty("tool_trace").GetRawText());
        Assert.Equal("5 3 1", await control.ScalarAsync<string>("SELECT input_tokens || ' ' || output_tokens || ' ' || call_count FROM workspace_token_usage WHERE workspace_id = @id", new { id }));
        next.Release();
        Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(1, (await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json.GetArrayLength());
    }

    [Theory]
    [InlineData("message", """{"kind":"message","role":"agent","parts":[{"kind":"text","text":"pong"}]}""", "ok", null)]
    [InlineData("failed", """{"kind":"status-update","taskId":"t1","status":{"state":"failed"},"final":true}""", "error", "the agent's task ended as failed")]
    [InlineData("v1", """{"statusUpdate":{"taskId":"t1","status":{"state":"TASK_STATE_COMPLETED"}}}""", "ok", null)]
    public async Task The_last_event_decides_what_the_books_say(string _, string result, string status, string? detail)
    {
        await using var agent = await FakeAgent.AnsweringAsync($"data: {{\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{result}}}\n\n", 200, "text/event-stream");
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        var answer = await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ask, bearer: "");

        Assert.Equal($"data: {{\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"result\":{result}}}\n\n", answer.Body);
        var row = Assert.Single((await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json.EnumerateArray());
        Assert.Equal((status, detail), (row.GetProperty("status").GetString(), row.GetProperty("error_detail").GetString()));
    }

    [Theory]
    [InlineData("cut", "it broke off its answer")]
    [InlineData("cut in an event", "it broke off its answer")]
    [InlineData("ended in an event", "its answer ended in the middle of an event")]
    [InlineData("ended early", "its answer ended before its last event")]
    [InlineData("ended at once", "its answer ended before its last event")]
    public async Task An_agent_that_breaks_off_costs_an_event_that_says_so(string how, string problem)
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var agent = await FakeAgent.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(how == "ended at once" ? "" : Frames[0]);
            await context.Response.WriteAsync(how.EndsWith("in an event", StringComparison.Ordinal) ? "data: {\"half" : "");
            await context.Response.Body.FlushAsync();
            await received.Task;
            if (how.StartsWith("cut", StringComparison.Ordinal))
            {
                context.Abort();
            }
        });
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        using var response = await OpenAsync(control, id);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal(how == "ended at once" ? "" : Frames[0], await ReadAsync(body, how == "ended at once" ? 0 : Frames[0].Length));
        received.SetResult();
        using var rest = new StreamReader(body, Encoding.UTF8);
        var last = await rest.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("data: ", last, StringComparison.Ordinal);
        Assert.EndsWith("\n\n", last, StringComparison.Ordinal);
        var error = JsonElement.Parse(last["data: ".Length..]);
        Assert.Equal(("2.0", "s1", -32603), (error.GetProperty("jsonrpc").GetString(), error.GetProperty("id").GetString(), error.GetProperty("error").GetProperty("code").GetInt32()));
        Assert.StartsWith($"workspace agent did not finish its answer: {problem}", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(error.GetProperty("error").GetProperty("data").GetProperty("restarting").GetBoolean());
        var row = Assert.Single((await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json.EnumerateArray());
        Assert.Equal("error", row.GetProperty("status").GetString());
        Assert.StartsWith(problem, row.GetProperty("error_detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workspace_whose_process_ends_amid_its_answer_is_restarted_and_the_stream_says_so()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var created = await control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "k" } });
        Assert.Equal("i-1", await control.InstanceAsync(created.Id));
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var agent = await FakeAgent.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Frames[0]);
            await context.Response.Body.FlushAsync();
            await received.Task;
            node.State = "stopped";
            context.Abort();
        });
        await control.RegisterAsync(agent.Url, created.Id);

        using var response = await OpenAsync(control, created.Id);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Frames[0], await ReadAsync(body, Frames[0].Length));
        received.SetResult();

        using var rest = new StreamReader(body, Encoding.UTF8);
        var error = JsonElement.Parse((await rest.ReadToEndAsync(TestContext.Current.CancellationToken))["data: ".Length..]).GetProperty("error");
        Assert.Equal("workspace agent has ended in the middle of its answer and is being restarted", error.GetProperty("message").GetString());
        Assert.True(error.GetProperty("data").GetProperty("restarting").GetBoolean());
        Assert.Equal("i-2", await control.InstanceAsync(created.Id, "i-1"));
    }

    [Fact]
    public async Task A_caller_that_hangs_up_ends_the_stream_at_the_agent_and_is_booked_with_what_it_had()
    {
        await using var agent = await FakeAgent.StartAsync(static async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Frames[0] + Frames[2]);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync(agent.Url);

        using (var response = await OpenAsync(control, id))
        {
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await ReadAsync(body, Encoding.UTF8.GetByteCount(Frames[0] + Frames[2]));
        }

        await agent.CallerGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal("the caller hung up béta-", await RunningControlPlane.UntilAsync(
            "the row of the stream that was given up",
            () => control.ScalarAsync<string?>("SELECT error_detail || ' ' || (response_body #>> '{result,artifacts,0,parts,0,text}') FROM activity_logs WHERE workspace_id = @id", new { id }),
            static text => text is not null));
    }

    [Fact]
    public async Task Each_event_grants_five_minutes_more_and_silence_ends_the_stream()
    {
        var time = new FakeTimeProvider();
        using var next = new SemaphoreSlim(0);
        await using var agent = await FakeAgent.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var frame in Frames[..2])
            {
                await context.Response.WriteAsync(frame);
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        var (id, _) = await control.RegisterAsync(agent.Url);

        using var response = await OpenAsync(control, id);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await ReadAsync(body, Frames[0].Length);
        time.Advance(TimeSpan.FromSeconds(299));
        next.Release();
        await ReadAsync(body, Frames[1].Length);
        time.Advance(TimeSpan.FromSeconds(299));
        Assert.False(agent.CallerGone.Task.IsCompleted);
        next.Release();
        time.Advance(TimeSpan.FromSeconds(1));

        using var rest = new StreamReader(body, Encoding.UTF8);
        Assert.Contains("workspace agent did not finish its answer: its answer was waited for no longer", await rest.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await agent.CallerGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_checks_of_any_other_call_stand_before_a_stream_too()
    {
        var control = shared.Control;
        await using var agent = await FakeAgent.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var (id, _) = await control.RegisterAsync(agent.Url);

        // Nothing of the stream has come: the call may wait in the queue like any other.
        Assert.Equal(202, (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ask, bearer: "")).Status);
        Assert.Equal(403, (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ask, bearer: "", ("X-Workspace-ID", "webhook:x"))).Status);
        await control.ExecuteAsync("UPDATE workspaces SET budget_limit = 1, monthly_spend = 1 WHERE id = @id", new { id });
        Assert.Equal(402, (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ask, bearer: "")).Status);
    }

    [Fact]
    public async Task A_queued_stream_is_read_to_its_end_when_the_agent_is_free()
    {
        var isBusy = true;
        await using var agent = await FakeAgent.StartAsync(async context =>
        {
            if (isBusy)
            {
                context.Abort();
                return;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(string.Concat(Frames));
        });
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync(agent.Url);
        Assert.Equal(202, (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Ask, bearer: "")).Status);
        isBusy = false;

        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);

        await RunningControlPlane.UntilAsync(
            "the end of the queued call", () => control.ScalarAsync<string>("SELECT status FROM a2a_queue WHERE workspace_id = @id", new { id }), static status => status == "completed");
        Assert.Equal(
            "béta-alpha",
            await control.ScalarAsync<string?>("SELECT response_body #>> '{result,artifacts,0,parts,0,text}' FROM activity_logs WHERE workspace_id = @id AND status = 'ok'", new { id }));
    }

    private static async Task<HttpResponseMessage> OpenAsync(RunningControlPlane control, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workspaces/{id}/a2a") { Content = new StringContent(Ask) };
        return await control.OpenAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(Stream body, int bytes)
    {
        var buffer = new byte[bytes];
        await body.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(buffer);
    }
}
