using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.Tests.Workspace;

/// <summary>A workspace alone: a process of its own, a platform and a vendor that stand in, a real CLI.</summary>
public sealed class RunningWorkspace : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-workspace-");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private RunningWorkspace(VendorStandIn vendor, PlatformStandIn platform)
    {
        Vendor = vendor;
        Platform = platform;
    }

    public VendorStandIn Vendor { get; }

    public PlatformStandIn Platform { get; }

    public RunningProgram Program { get; private set; } = null!;

    public JsonObject Registration { get; private set; } = null!;

    public Uri Url => new((string)Registration["url"]!);

    public string Folder(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Starts a workspace and waits until it has registered.</summary>
    /// <param name="environment">Gives the environment that the arm adds, knowing the vendor's origin.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<RunningWorkspace> StartAsync(Func<string, Dictionary<string, string>> environment, CancellationToken cancellationToken)
    {
        var workspace = new RunningWorkspace(await VendorStandIn.StartAsync(), await PlatformStandIn.StartAsync());
        foreach (var name in (string[])["configs", "workspace", "home", "tmp"])
        {
            Directory.CreateDirectory(workspace.Folder(name));
        }

        var all = RunningProgram.BareEnvironment(workspace.Folder("home"));
        all["TMPDIR"] = workspace.Folder("tmp");
        all["WORKSPACE_ID"] = "ws-under-test";
        all["WORKSPACE_CONFIG_PATH"] = workspace.Folder("configs");
        all["PLATFORM_URL"] = workspace.Platform.Url;
        all[RunEnvironment.Run] = "run-under-test";
        all[RunEnvironment.Workspace] = "ws-under-test";
        all[RunEnvironment.Engines] = await InstalledEngines.ManifestAsync();
        foreach (var (name, value) in environment(workspace.Vendor.Origin))
        {
            all[name] = value;
        }

        workspace.Program = RunningProgram.Start("Molecule.Workspace.dll", workspace.Folder("workspace"), all);
        try
        {
            workspace.Registration = await workspace.Platform.NextRegistrationAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            var output = workspace.Program.Output;
            await workspace.DisposeAsync();
            throw new TimeoutException($"The workspace has not registered. It wrote:\n{output}");
        }

        return workspace;
    }

    /// <summary>Posts a JSON-RPC request to the workspace and gives the answer.</summary>
    public async Task<JsonObject> CallAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "r1", ["method"] = method, ["params"] = parameters };
        using var answer = await _http.PostAsJsonAsync(Url, request, cancellationToken);
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!;
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("r1", (string?)body["id"]);
        return body;
    }

    /// <summary>Sends one message and gives the result.</summary>
    public async Task<JsonObject> SendAsync(string text, CancellationToken cancellationToken)
    {
        var message = new JsonObject
        {
            ["role"] = "user",
            ["kind"] = "message",
            ["messageId"] = Guid.NewGuid().ToString(),
            ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }),
        };
        var answer = await CallAsync("message/send", new JsonObject { ["message"] = message }, cancellationToken);
        Assert.True(answer["result"] is JsonObject, $"No result: {answer.ToJsonString()}\n{Program.Output}");
        return (JsonObject)answer["result"]!;
    }

    /// <summary>Streams one message and gives the result of each event; dropping the enumeration hangs up.</summary>
    public async IAsyncEnumerable<JsonObject> StreamAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var message = new JsonObject { ["role"] = "user", ["contextId"] = "c1", ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }) };
        using var request = new HttpRequestMessage(HttpMethod.Post, Url)
        {
            Content = JsonContent.Create(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "s1", ["method"] = "message/stream", ["params"] = new JsonObject { ["message"] = message } }),
        };
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var e in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            var data = JsonNode.Parse(e.Data)!;
            Assert.Equal(("2.0", "s1"), ((string?)data["jsonrpc"], (string?)data["id"]));
            yield return data["result"]!.AsObject();
        }
    }

    /// <summary>The agent program that runs below the workspace.</summary>
    public ProcessKey Agent() => ProcessTable.Descendants(ProcessTable.Read(), Program.Key.Id).First(static r => r.State is not 'Z').Key;

    public static string TextOf(JsonObject result) => (string)result["parts"]![0]!["text"]!;

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        await Vendor.DisposeAsync();
        await Platform.DisposeAsync();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }
}
