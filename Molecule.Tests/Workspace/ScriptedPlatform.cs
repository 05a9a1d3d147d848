using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Platform;

namespace Molecule.Tests.Workspace;

/// <summary>One call that reached the scripted platform.</summary>
public sealed record PlatformCall(string Route, string Authorization, string Workspace, JsonObject? Body);

/// <summary>A platform in memory: answers by method and path, 404 to all else; remembers every call.</summary>
public sealed class ScriptedPlatform : HttpMessageHandler
{
    public const string Token = "auth-token-of-ws-1";

    private readonly TemporaryFolder _configs = new("molecule-configs-");

    public ScriptedPlatform(params string[] environment)
    {
        Settings = WorkspaceSettings.Read(environment
            .Concat(["WORKSPACE_ID=ws-1", "PLATFORM_URL=http://platform.test", $"WORKSPACE_CONFIG_PATH={_configs.Path}"])
            .Select(static e => e.Split('=', 2))
            .ToImmutableDictionary(static e => e[0], static e => e[1]));
        File.WriteAllText(Path.Combine(_configs.Path, ".auth_token"), Token);
    }

    public Dictionary<string, (HttpStatusCode Status, string Body)> Answers { get; } = [];

    /// <summary>Locked by whoever adds.</summary>
    public List<PlatformCall> Calls { get; } = [];

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));

    public WorkspaceSettings Settings { get; }

    public PlatformConnection Connect() => new(new HttpClient(this, disposeHandler: false), Settings, new TokenStore(_configs.Path), Time);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var route = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        var body = request.Content is null ? null : JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken)) as JsonObject;
        lock (Calls)
        {
            Calls.Add(new PlatformCall(route, request.Headers.Authorization?.ToString() ?? "", string.Join(',', request.Headers.GetValues("X-Workspace-ID")), body));
        }

        var (status, text) = Answers.GetValueOrDefault(route, (HttpStatusCode.NotFound, ""));
        return new HttpResponseMessage(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _configs.Dispose();
        }
    }
}
