using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Molecule.Processes;

namespace Molecule.Tests.Workspace;

/// <summary>The stand-in for hermes-agent alone: a process with a home of its own and a vendor, called over its API server.</summary>
public sealed partial class HermesServer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _home = new("molecule-hermes-");
    private readonly HttpClient _http = new();
    private readonly Func<string, string> _config;

    private HermesServer(VendorStandIn vendor, Func<string, string> config) => (Vendor, _config) = (vendor, config);

    public VendorStandIn Vendor { get; }

    public RunningProgram Program { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public string Key => "key-of-the-api-server";

    /// <summary>Starts it.</summary>
    /// <param name="config">config.yaml, knowing the vendor's origin.</param>
    public static async Task<HermesServer> StartAsync(Func<string, string> config)
    {
        var server = new HermesServer(await VendorStandIn.StartAsync(), config);
        await server.StartAsync(dotEnv: "");
        return server;
    }

    /// <summary>The same with a .env.</summary>
    public static async Task<HermesServer> StartAsync(Func<string, string> config, Func<string, string> dotEnv)
    {
        var server = new HermesServer(await VendorStandIn.StartAsync(), config);
        await server.StartAsync(dotEnv(server.Vendor.Origin));
        return server;
    }

    public async Task RestartAsync()
    {
        Assert.Equal(0, await Program.StopAsync());
        await Program.DisposeAsync();
        await StartAsync(dotEnv: "");
    }

    private async Task StartAsync(string dotEnv)
    {
        await File.WriteAllTextAsync(Path.Combine(_home.Path, "config.yaml"), _config(Vendor.Origin));
        await File.WriteAllTextAsync(Path.Combine(_home.Path, ".env"), dotEnv);
        var environment = RunningProgram.BareEnvironment(_home.Path);
        environment["HERMES_HOME"] = _home.Path;
        environment["API_SERVER_ENABLED"] = "true";
        environment["API_SERVER_PORT"] = "0";
        environment["API_SERVER_KEY"] = Key;
        Program = RunningProgram.Start("Molecule.HermesEmulated.dll", _home.Path, environment, "gateway");
        await Eventually.HoldsAsync(() => Listening().IsMatch(Program.Output) || !ProcessTable.IsRunning(Program.Key), Deadline, "the stand-in listens");
        var said = Listening().Match(Program.Output);
        Assert.True(said.Success, Program.Output);
        Address = new Uri(said.Groups[1].Value);
    }

    /// <summary>Runs one turn, not streamed: the status and the body.</summary>
    public async Task<(int Status, JsonObject Body)> TurnAsync(string prompt, string session = "s1")
    {
        using var request = Request(HttpMethod.Post, "/v1/chat/completions", session);
        request.Content = JsonContent.Create(new JsonObject
        {
            ["model"] = "hermes-agent",
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        });
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    /// <summary>The reply of a turn that must succeed.</summary>
    public async Task<string> ReplyAsync(string a, string b, string session = "s1")
    {
        var (status, body) = await TurnAsync(Words.Prompt(a, b), session);
        Assert.True(status is 200, body.ToJsonString());
        return (string)body["choices"]![0]!["message"]!["content"]!;
    }

    /// <summary>A streamed turn's events as they stand on the wire.</summary>
    public async Task<string> StreamAsync(string prompt)
    {
        using var request = Request(HttpMethod.Post, "/v1/chat/completions", "s1");
        request.Content = JsonContent.Create(new JsonObject
        {
            ["stream"] = true,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        });
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync();
    }

    public async Task<(int Status, string Body)> GetAsync(string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, path));
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string session)
    {
        var request = new HttpRequestMessage(method, new Uri(Address, path));
        request.Headers.Authorization = new("Bearer", Key);
        request.Headers.Add("X-Hermes-Session-Id", session);
        return request;
    }

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        await Vendor.DisposeAsync();
        _http.Dispose();
        _home.Dispose();
    }

    [GeneratedRegex(@"API server listening on (http://\S+)")]
    private static partial Regex Listening();
}
