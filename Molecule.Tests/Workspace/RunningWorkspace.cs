using System.Net;
using System.Net.Http.Headers;
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
    private Dictionary<string, string> _environment = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-workspace-");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(150) };

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
        foreach (var (name, value) in environment(workspace.Vendor.Origin))
        {
            all[name] = value;
        }

        all[RunEnvironment.Engines] = await InstalledEngines.ManifestAsync(all["MOLECULE_RUNTIME"]);
        workspace._environment = all;
        try
        {
            await workspace.StartProgramAsync(cancellationToken);
            return workspace;
        }
        catch
        {
            await workspace.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another incarnation of the workspace, which has ended, and waits until it has registered.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await Program.DisposeAsync();
        await StartProgramAsync(cancellationToken);
    }

    private async Task StartProgramAsync(CancellationToken cancellationToken)
    {
        Program = RunningProgram.Start("Molecule.Workspace.dll", Folder("workspace"), _environment);
        try
        {
            Registration = await Platform.NextRegistrationAsync(cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"The workspace has not registered. It wrote:\n{Program.Output}", e);
        }
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

    /// <summary>Sends one message and gives no more than the answer's status.</summary>
    public async Task<HttpStatusCode> CallRawAsync(string text, CancellationToken cancellationToken)
    {
        var message = new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }) };
        using var answer = await _http.PostAsJsonAsync(
            Url, new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "r1", ["method"] = "message/send", ["params"] = new JsonObject { ["message"] = message } }, cancellationToken);
        return answer.StatusCode;
    }

    /// <summary>Asks for a page of the transcript.</summary>
    public async Task<(HttpStatusCode Status, JsonObject Body)> TranscriptAsync(string query, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, "/transcript" + query));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _http.SendAsync(request, cancellationToken);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!);
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
