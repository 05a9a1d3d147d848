using System.Net.WebSockets;
using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.ControlPlane.Desktop;

/// <summary>A workspace with a display, two people and its agent, and a clock that stands still.</summary>
internal sealed class DisplayScene : IAsyncDisposable
{
    private DisplayScene(RunningControlPlane control, FakeTimeProvider time, Guid workspace, string agent, string bob) =>
        (Control, Time, Workspace, Agent, Bob) = (control, time, workspace, agent, bob);

    public RunningControlPlane Control { get; }

    public FakeTimeProvider Time { get; }

    public Guid Workspace { get; }

    /// <summary>The workspace's own token.</summary>
    public string Agent { get; }

    /// <summary>The admin's token: the first person.</summary>
    public string Ann => RunningControlPlane.AdminToken;

    /// <summary>An org token: the second person.</summary>
    public string Bob { get; }

    public static async Task<DisplayScene> SetAsync(PostgresCluster postgres, params (string Name, string? Value)[] settings)
    {
        // Whole seconds: tokens count in them.
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
        var all = new Dictionary<string, string?> { ["MOLECULE_DESKTOP_ENABLED"] = "true", ["RATE_LIMIT"] = "1000000" };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var control = await RunningControlPlane.StartAsync(postgres, settings: all, time: time);
        var (workspace, agent) = await control.RegisterAsync("http://localhost:1");
        return new DisplayScene(control, time, workspace, agent, (await control.SendAsync("POST", "/org/tokens", new { name = "bob" }))["auth_token"]);
    }

    public Task<Answer> AcquireAsync(string who, int? seconds = null) =>
        Control.SendAsync("POST", Path("display/control/acquire"), seconds is null ? new { controller = As(who) } : new { controller = As(who), ttl_seconds = seconds }, who);

    public Task<Answer> ReleaseAsync(string who, object? body = null) => Control.SendAsync("POST", Path("display/control/release"), body, who);

    public Task<Answer> ControlAsync(string who) => Control.SendAsync("GET", Path("display/control"), bearer: who);

    /// <summary>Who holds it, by name; "" where nobody does.</summary>
    public async Task<string> HolderAsync() => (await ControlAsync(Ann)).Json.TryGetProperty("controlled_by", out var holder) ? holder.GetString()! : "";

    /// <summary>The status that a WebSocket's handshake with the token of a session's URL is answered with.</summary>
    public Task<int> ConnectAsync(string sessionUrl) => HandshakeAsync(sessionUrl.Split('#')[0], sessionUrl.Split("#token=")[1]);

    public async Task<int> HandshakeAsync(string path, string token)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("binary");
        socket.Options.AddSubProtocol($"molecule-display-token.{token}");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(Control.Url.Replace("http", "ws", StringComparison.Ordinal) + path), TestContext.Current.CancellationToken));
        return (int)socket.HttpStatusCode;
    }

    public string Path(string rest) => $"/workspaces/{Workspace}/{rest}";

    public ValueTask DisposeAsync() => Control.DisposeAsync();

    private string As(string who) => who == Agent ? "agent" : "user";
}
