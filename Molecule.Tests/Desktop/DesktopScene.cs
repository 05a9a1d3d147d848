using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Runtime.Versioning;
using BigGustave;
using Microsoft.Extensions.Time.Testing;
using Molecule.Processes;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Node;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Desktop;

/// <summary>A control plane, a node, and a workspace whose agent does nothing and whose desktop is real.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class DesktopScene : IAsyncDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(90);

    private DesktopScene(RunningNode node, RunningControlPlane control, FakeTimeProvider time) => (Node, Control, Time) = (node, control, time);

    public RunningNode Node { get; }

    public RunningControlPlane Control { get; }

    /// <summary>The control plane's clock, which stands still.</summary>
    public FakeTimeProvider Time { get; }

    public Guid Workspace { get; private set; }

    /// <summary>The admin's token: the first person.</summary>
    public string Ann => RunningControlPlane.AdminToken;

    /// <summary>An org token: the second person.</summary>
    public string Bob { get; private set; } = "";

    /// <summary>Sets it up.</summary>
    /// <param name="postgres">Where the control plane's database is.</param>
    /// <param name="resume">What the workspace's <c>compute.display.resume</c> says; null for nothing.</param>
    /// <param name="hasDesktop">Whether the workspace asks for a desktop.</param>
    public static async Task<DesktopScene> SetAsync(PostgresCluster postgres, bool? resume = null, bool hasDesktop = true)
    {
        var node = await RunningNode.WithScriptAsync("exec sleep 1000\n", TestContext.Current.CancellationToken);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
        var settings = new Dictionary<string, string?>
        {
            ["MOLECULE_DESKTOP_ENABLED"] = "true",
            ["RATE_LIMIT"] = "1000000",
            ["CP_PROVISION_URL"] = node.Address.ToString(),
            ["PROVISION_SHARED_SECRET"] = RunningNode.Secret,
        };
        var scene = new DesktopScene(node, await RunningControlPlane.StartAsync(postgres, settings: settings, time: time), time);
        scene.Bob = (await scene.Control.SendAsync("POST", "/org/tokens", new { name = "bob" }))["auth_token"];
        var created = await scene.Control.SendAsync(
            "POST",
            "/workspaces",
            new { name = "desk", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "mol-key" }, compute = hasDesktop ? new { display = new { enabled = true, resume } } : null });
        Assert.Equal(201, created.Status);
        scene.Workspace = created.Id;
        await scene.Control.InstanceAsync(scene.Workspace);
        return scene;
    }

    /// <summary>The workspace's own token: its agent.</summary>
    public async Task<string> AgentAsync() => (await Control.SendAsync("GET", $"/admin/workspaces/{Workspace}/test-token"))["auth_token"];

    /// <summary>The agent does something on its desktop.</summary>
    public Task<Answer> DoAsync(string agent, object input) => Control.SendAsync("POST", Path("desktop/input"), input, agent);

    /// <summary>The agent looks at its desktop.</summary>
    public async Task<Png> ScreenshotAsync(string bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path("desktop/screenshot"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await Control.OpenAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((200, "image/png"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return Png.Open(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Takes control, or renews it, and gives the session's URL.</summary>
    public async Task<string> AcquireAsync(string who, int seconds = 300)
    {
        var given = await Control.SendAsync("POST", Path("display/control/acquire"), new { controller = "user", ttl_seconds = seconds }, who);
        Assert.Equal(200, given.Status);
        return given["session_url"];
    }

    public async Task<string> ViewUrlAsync(string who) => (await Control.SendAsync("GET", Path("display/control"), bearer: who))["view_session_url"];

    public Task<RfbClient> ConnectAsync(string sessionUrl, bool greets = true) => RfbClient.ConnectAsync(Control.Url, sessionUrl, greets);

    /// <summary>Kills Xvnc at once.</summary>
    public void KillDisplay() => ProcessTable.Kill(Assert.Single(Node.Carriers(), static r => r.Name == "Xvnc").Key);

    /// <summary>Connects once the desktop is there again.</summary>
    public async Task<RfbClient> ConnectAgainAsync(string sessionUrl)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await ConnectAsync(sessionUrl);
            }
            catch (Exception e) when (e is WebSocketException && e.Message.Contains("503", StringComparison.Ordinal) || e is RfbClosedException { Reason: "the desktop has ended" })
            {
                // Not yet; or the one that has just ended was met in its last moment.
                Assert.True(TimeProvider.System.GetElapsedTime(started) < _deadline, "Waited in vain for the desktop to be there again.");
            }
        }
    }

    /// <summary>Waits until the picture has more than one colour: the terminal is there.</summary>
    public static async Task SeesTerminalAsync(RfbClient client)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await client.LookAsync() < 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < _deadline, "Waited in vain for anything to be seen on the desktop.");
        }
    }

    /// <summary>Waits until the shell on the desktop has written a file, and reads it.</summary>
    public async Task<string> WrittenAsync(string name)
    {
        var path = System.IO.Path.Combine(Node.Root, Workspace.ToString(), "workspace", name);
        await Eventually.HoldsAsync(() => File.Exists(path) && File.ReadAllText(path).EndsWith('\n'), _deadline, $"the shell on the desktop has written {name}");
        return File.ReadAllText(path).Trim();
    }

    public bool HasWritten(string name) => File.Exists(System.IO.Path.Combine(Node.Root, Workspace.ToString(), "workspace", name));

    public string Path(string rest) => $"/workspaces/{Workspace}/{rest}";

    public async ValueTask DisposeAsync()
    {
        await Control.DisposeAsync();
        await Node.DisposeAsync();
    }
}
