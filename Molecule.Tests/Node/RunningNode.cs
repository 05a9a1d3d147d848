using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

/// <summary>A node as a process of its own, with a root that is deleted afterwards.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RunningNode : IAsyncDisposable
{
    public const string Secret = "provision-secret";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-node-test-");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private Dictionary<string, string>? _environment;

    private RunningNode(string run) => Run = run;

    /// <summary>The run that everything below this node carries.</summary>
    public string Run { get; }

    public RunningProgram Program { get; private set; } = null!;

    public string Root => Path.Combine(_folder.FullName, "workspaces");

    public Uri Address => _http.BaseAddress!;

    /// <summary>Starts a node whose workspaces are a shell script.</summary>
    /// <param name="script">The script.</param>
    /// <param name="own">What else stands in the node's own environment.</param>
    public static async Task<RunningNode> WithScriptAsync(string script, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? own = null)
    {
        var node = new RunningNode($"run-{Guid.NewGuid():N}");
        var path = Path.Combine(node._folder.FullName, "workspace.sh");
        await File.WriteAllTextAsync(path, "#!/bin/sh\n" + script, cancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var manifest = Path.Combine(node._folder.FullName, "engines.json");
        await File.WriteAllTextAsync(manifest, JsonSerializer.Serialize(new EngineManifest([new InstalledEngine("codex", "0", path, "")]), ContractJson.Compact), cancellationToken);
        await node.StartAsync(path, manifest, cancellationToken, own);
        return node;
    }

    /// <summary>Starts a node with the real workspace and the real CLIs.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="runtime">Whose CLI is there.</param>
    /// <param name="own">What else stands in the node's own environment.</param>
    public static async Task<RunningNode> WithRealWorkspacesAsync(CancellationToken cancellationToken, string runtime = "codex", IReadOnlyDictionary<string, string>? own = null)
    {
        var node = new RunningNode($"run-{Guid.NewGuid():N}");
        await node.StartAsync(Path.Combine(AppContext.BaseDirectory, "Molecule.Workspace.dll"), await InstalledEngines.ManifestAsync(runtime), cancellationToken, own);
        return node;
    }

    private async Task StartAsync(string program, string manifest, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? own = null)
    {
        // Bound by us and freed at once: the node cannot be asked for a port that it chose.
        var port = FreePort();
        var environment = RunningProgram.BareEnvironment(_folder.FullName);
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        environment["PROVISION_SHARED_SECRET"] = Secret;
        environment["Molecule__Node__Root"] = Root;
        environment["Molecule__Workspace__Program"] = program;
        environment["MOLECULE_ENGINES"] = manifest;
        environment["MOLECULE_RUN"] = Run;
        environment["ADMIN_TOKEN"] = "not for workspaces";
        foreach (var (name, value) in own ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        _environment = environment;
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        await StartProgramAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Kills the node at once, and starts it again on the same root.</summary>
    public async Task KillAndStartAsync()
    {
        ProcessTable.Kill(Program.Key);
        await Program.DisposeAsync();
        await StartProgramAsync();
    }

    private async Task StartProgramAsync()
    {
        Program = RunningProgram.Start("Molecule.Node.dll", _folder.FullName, _environment!);
        await Eventually.HoldsAsync(() => Program.Output.Contains("Application started", StringComparison.Ordinal), StartDeadline, $"the node has started. It wrote: {Program.Output}");
    }

    public Task<HttpResponseMessage> ProvisionRawAsync(HttpContent content, string secret, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/cp/workspaces/provision") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return _http.SendAsync(request, cancellationToken);
    }

    public static JsonObject Request(string id, string runtime = "codex", string platformUrl = "http://127.0.0.1:9", JsonObject? env = null) => new()
    {
        ["org_id"] = "org-1",
        ["workspace_id"] = id,
        ["runtime"] = runtime,
        ["tier"] = 2,
        ["platform_url"] = platformUrl,
        ["env"] = env ?? [],
    };

    /// <summary>Provisions a workspace and gives its instance id.</summary>
    public async Task<string> ProvisionAsync(JsonObject request, CancellationToken cancellationToken)
    {
        using var answer = await ProvisionRawAsync(JsonContent.Create(request), Secret, cancellationToken);
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.Created, $"{(int)answer.StatusCode} {body?.ToJsonString()}\n{Program.Output}");
        Assert.Equal("running", (string?)body!["state"]);
        return (string)body["instance_id"]!;
    }

    /// <summary>The names of a workspace's snapshots, newest first.</summary>
    public async Task<string[]> SnapshotsAsync(string id, CancellationToken cancellationToken) =>
        [.. (await _http.GetFromJsonAsync<JsonArray>($"/cp/workspaces/{id}/snapshots", cancellationToken))!.Select(static one => (string)one!["name"]!)];

    public async Task<JsonObject> StatusAsync(string id, string instance, CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync<JsonObject>($"/cp/workspaces/{id}/status?instance_id={instance}", cancellationToken))!;

    /// <summary>Waits until the node has seen the workspace's end.</summary>
    public async Task<JsonObject> StatusUntilStoppedAsync(string id, string instance, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(id, instance, cancellationToken);
            if ((string?)status["state"] is "stopped")
            {
                return status;
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < StartDeadline,
                $"Waited {StartDeadline.TotalSeconds} s for workspace {id} to be stopped; last seen: {status.ToJsonString()}");
            await Task.Delay(25, cancellationToken);
        }
    }

    public async Task<HttpStatusCode> PostAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsync(path, null, cancellationToken);
        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> DeleteAsync(string id, string instance, CancellationToken cancellationToken)
    {
        using var answer = await _http.DeleteAsync($"/cp/workspaces/{id}?instance_id={instance}", cancellationToken);
        return answer.StatusCode;
    }

    /// <summary>Waits until the workspace's script has written a file into its folder.</summary>
    public async Task<string> WrittenAsync(string id, string name)
    {
        var path = Path.Combine(Root, id, "workspace", name);
        await Eventually.HoldsAsync(() => File.Exists(path) && File.ReadAllText(path).EndsWith('\n'), StartDeadline, $"{id} has written {name}");
        return File.ReadAllText(path);
    }

    /// <summary>Everything on this machine that carries this run's mark, the node itself left out.</summary>
    public IReadOnlyList<ProcessRow> Carriers() =>
        [.. ProcessTable.Read().Where(r => r.Key != Program.Key && r.State is not 'Z' && ProcessTable.EnvironmentVariable(r.Key.Id, "MOLECULE_RUN") == Run)];

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        foreach (var left in Carriers())
        {
            ProcessTable.Kill(left.Key);
        }

        _http.Dispose();
        await Eventually.HoldsAsync(() => Carriers().Count is 0, StartDeadline, "nothing of the node is left");
        _folder.Delete(recursive: true);
    }
}
