using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane.Events;

namespace Molecule.Tests.ControlPlane;

/// <summary>Events as they happen (spec/control-plane.md 7).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class EventFeedTests(PostgresCluster postgres)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_canvas_hears_all_and_an_agent_what_concerns_those_it_may_talk_to()
    {
        await using var control = await ListeningAsync();
        var (parent, parentToken) = await control.RegisterAsync("http://localhost:1");
        var (child, childToken) = await control.RegisterAsync("http://localhost:2");
        var (stranger, strangerToken) = await control.RegisterAsync("http://localhost:3");
        await control.SendAsync("PATCH", $"/workspaces/{child}", new { parent_id = parent }, childToken);
        using var canvas = await ConnectAsync(control);
        using var agent = await ConnectAsync(control, child, childToken);
        await QuietAsync(control, parent, parentToken, canvas, agent);

        await BeatAsync(control, stranger, strangerToken, "dig");
        await BeatAsync(control, parent, parentToken, "fill");

        Assert.Equal(
            [("WORKSPACE_HEARTBEAT", stranger), ("TASK_UPDATED", stranger), ("WORKSPACE_HEARTBEAT", parent), ("TASK_UPDATED", parent)],
            [await NextAsync(canvas), await NextAsync(canvas), await NextAsync(canvas), await NextAsync(canvas)]);
        Assert.Equal([("WORKSPACE_HEARTBEAT", parent), ("TASK_UPDATED", parent)], [await NextAsync(agent), await NextAsync(agent)]);
        Assert.Contains("molecule_websocket_connections_active 2", (await control.SendAsync("GET", "/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_s_socket_asks_for_its_token_and_plain_calls_are_400()
    {
        await using var control = await ListeningAsync();
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal(400, (await control.SendAsync("GET", "/ws")).Status);
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(control, id, "wrong"));
    }

    [Fact]
    public async Task An_event_of_one_control_plane_reaches_the_clients_of_another_and_one_beyond_the_notice_s_size_whole()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var first = await RunningControlPlane.StartAsync(database);
        await using var second = await RunningControlPlane.StartAsync(database);
        await second.Services.GetRequiredService<EventFeed>().Listening.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        await first.Services.GetRequiredService<EventFeed>().Listening.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        var (id, token) = await first.RegisterAsync("http://localhost:1");
        using var canvas = await ConnectAsync(second);
        await QuietAsync(first, id, token, canvas);
        var message = string.Concat(Enumerable.Range(0, 20_000).Select(static n => n % 7 == 0 ? "\u00fc" : "m"));

        Assert.Equal("""{"status":"sent"}""", (await first.SendAsync("POST", $"/workspaces/{id}/notify", new { message }, token)).Body);

        Assert.Equal("ACTIVITY_LOGGED", (await ReadAsync(canvas)).GetProperty("event").GetString());
        var told = await ReadAsync(canvas);
        Assert.Equal(("AGENT_MESSAGE", message), (told.GetProperty("event").GetString(), told.GetProperty("payload").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task A_stream_of_one_workspace_begins_with_a_ping_and_tells_its_events_alone()
    {
        await using var control = await ListeningAsync();
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        var (other, otherToken) = await control.RegisterAsync("http://localhost:2");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/workspaces/{id}/events/stream");
        request.Headers.Authorization = new("Bearer", token);
        using var response = await control.OpenAsync(request, Cancelled);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancelled));
        Assert.Equal(": ping", await reader.ReadLineAsync(Cancelled));

        // As in QuietAsync.
        await BeatAsync(control, id, token, "mark");
        while ((await reader.ReadLineAsync(Cancelled))?.Contains("TASK_UPDATED", StringComparison.Ordinal) is not true)
        {
        }

        await BeatAsync(control, other, otherToken, "dig");
        await BeatAsync(control, id, token, "fill");

        Assert.Equal("", await reader.ReadLineAsync(Cancelled));
        var frame = await reader.ReadLineAsync(Cancelled);
        Assert.StartsWith("""data: {"data":{"active_tasks":0,"uptime_seconds":0},"timestamp":""", frame, StringComparison.Ordinal);
        Assert.EndsWith("\"type\":\"WORKSPACE_HEARTBEAT\"}", frame, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_listener_s_connection_is_lost_clients_are_let_go_and_the_next_ones_hear_again()
    {
        await using var control = await ListeningAsync();
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        using var canvas = await ConnectAsync(control);
        await QuietAsync(control, id, token, canvas);

        var lost = await control.ScalarAsync<int>("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
        await control.ScalarAsync<bool>($"SELECT pg_terminate_backend({lost})");

        await Assert.ThrowsAnyAsync<Exception>(() => NextAsync(canvas));

        // Another one, since the one that ends is listed for a moment more; idle, since a LISTEN that is still under way hears nothing yet.
        await RunningControlPlane.UntilAsync(
            "a listener again",
            () => control.ScalarAsync<int>($"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle' AND pid <> {lost}"),
            static listeners => listeners == 1);
        using var again = await ConnectAsync(control);
        await BeatAsync(control, id, token, "dig");
        Assert.Equal(("WORKSPACE_HEARTBEAT", id), await NextAsync(again));
    }

    [Fact]
    public async Task An_undone_transaction_tells_nothing()
    {
        await using var control = await ListeningAsync();
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        using var canvas = await ConnectAsync(control);
        await QuietAsync(control, id, token, canvas);

        Assert.Equal(400, (await control.SendAsync("PATCH", $"/workspaces/{id}", """{"parent_id":"00000000-0000-4000-8000-000000000000"}""", token)).Status);
        Assert.Equal(404, (await control.SendAsync("POST", $"/workspaces/{Guid.NewGuid()}/notify", new { message = "m" })).Status);
        await BeatAsync(control, id, token, "dig");

        Assert.Equal(("WORKSPACE_HEARTBEAT", id), await NextAsync(canvas));
    }

    private async Task<RunningControlPlane> ListeningAsync()
    {
        var control = await RunningControlPlane.StartAsync(postgres);
        await control.Services.GetRequiredService<EventFeed>().Listening.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        return control;
    }

    // What happened before a socket was there may still be on its way to it: all of that has come when a mark made afterwards has.
    private static async Task QuietAsync(RunningControlPlane control, Guid id, string token, params ClientWebSocket[] sockets)
    {
        await BeatAsync(control, id, token, "mark");
        foreach (var socket in sockets)
        {
            while (await NextAsync(socket) != ("TASK_UPDATED", id))
            {
            }
        }
    }

    private static Task<Answer> BeatAsync(RunningControlPlane control, Guid id, string token, string task) =>
        control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, current_task = task }, token);

    private static async Task<ClientWebSocket> ConnectAsync(RunningControlPlane control, Guid? agent = null, string? token = null)
    {
        var socket = new ClientWebSocket();
        if (agent is not null)
        {
            socket.Options.SetRequestHeader("X-Workspace-ID", agent.ToString());
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        await socket.ConnectAsync(new Uri(control.Url.Replace("http://", "ws://", StringComparison.Ordinal) + "/ws"), Cancelled);
        return socket;
    }

    private static async Task<(string Event, Guid Workspace)> NextAsync(WebSocket socket)
    {
        var envelope = await ReadAsync(socket);
        return (envelope.GetProperty("event").GetString()!, envelope.GetProperty("workspace_id").GetGuid());
    }

    private static async Task<JsonElement> ReadAsync(WebSocket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(RunningControlPlane.Deadline);
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            text.Append(Encoding.Latin1.GetString(buffer, 0, part.Count));
            if (part.EndOfMessage)
            {
                return JsonElement.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text.ToString())));
            }
        }
    }
}
