using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Molecule.Tests.Workspace;

/// <summary>A few lines of a platform: it takes registrations and heartbeats and hands out one token (spec/control-plane.md 3.3).</summary>
public sealed class PlatformStandIn : IAsyncDisposable
{
    public const string Token = "platform-token-1";

    // Generous: it bounds a hang, and machines that build at the same time are slow.
    // openclaw's gateway boots for 40 s on a machine that is busy with other tests.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150);

    private readonly WebApplication _app;
    private readonly Channel<JsonObject> _registrations = Channel.CreateUnbounded<JsonObject>();
    private readonly Channel<(JsonObject Body, string Authorization)> _heartbeats = Channel.CreateUnbounded<(JsonObject, string)>();

    private readonly Channel<(string Workspace, JsonObject Body, string Authorization)> _secrets = Channel.CreateUnbounded<(string, JsonObject, string)>();

    /// <summary>The memories of every workspace, as JSON.</summary>
    public string Memories { get; set; } = "[]";

    private PlatformStandIn(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<PlatformStandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var platform = new PlatformStandIn(app);
        app.MapPost("/registry/register", async (HttpContext context) =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            platform._registrations.Writer.TryWrite(body);
            return Results.Json(new { status = "registered", auth_token = Token });
        });
        app.MapPost("/registry/heartbeat", async (HttpContext context) =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            platform._heartbeats.Writer.TryWrite((body, context.Request.Headers.Authorization.ToString()));
            return Results.Json(new { status = "ok" });
        });
        app.MapGet("/workspaces/{id}/memories", () => Results.Text(platform.Memories, "application/json"));
        app.MapPost("/workspaces/{id}/memories", () => Results.Json(new { id = "m2" }, statusCode: 201));
        app.MapPost("/workspaces/{id}/secrets", async (string id, HttpContext context) =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            platform._secrets.Writer.TryWrite((id, body, context.Request.Headers.Authorization.ToString()));
            return Results.Json(new { status = "saved", key = (string?)body["key"] });
        });
        await app.StartAsync();
        return platform;
    }

    /// <summary>Whether a secret has been given to it that nobody has looked at.</summary>
    public bool HasSecret => _secrets.Reader.TryPeek(out _);

    public async Task<(string Workspace, JsonObject Body, string Authorization)> NextSecretAsync(CancellationToken cancellationToken) =>
        await _secrets.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Deadline, cancellationToken);

    public async Task<JsonObject> NextRegistrationAsync(CancellationToken cancellationToken) =>
        await _registrations.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Deadline, cancellationToken);

    public async Task<(JsonObject Body, string Authorization)> NextHeartbeatAsync(CancellationToken cancellationToken) =>
        await _heartbeats.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Deadline, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
