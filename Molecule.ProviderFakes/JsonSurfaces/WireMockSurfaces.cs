using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Molecule.ProviderFakes.Clouds;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;
using WireMock;
using WireMock.Matchers;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;
using WireMock.Settings;

namespace Molecule.ProviderFakes.JsonSurfaces;

/// <summary>
/// Every surface of the table that answers the same document to all as a mapping of a WireMock.Net server of this process, on loopback.
/// Turns of a model are not its business (docs/decisions/0003-provider-fakes.md).
/// </summary>
public sealed class WireMockSurfaces(VendorTable table) : IHostedService, IDisposable
{
    // Only the front may ask: a request that went past it would stand in no journal.
    private const string FrontHeader = "x-molecule-front";

    // The journal is ours; WireMock's own log is a look behind the scenes.
    private const int OwnLog = 50;

    private readonly string _pass = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private WireMockServer? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var server = WireMockServer.Start(new WireMockServerSettings
        {
            Urls = ["http://127.0.0.1:0"],
            StartAdminInterface = false,
            MaxRequestLogCount = OwnLog,
            DisableJsonBodyParsing = true,
            DisableDeserializeFormUrlEncoded = true,
        });
        foreach (var fake in table.Fakes)
        {
            foreach (var surface in fake.Surfaces.Where(static s => s.Answer is FixedAnswer or TokenCounting))
            {
                var request = Request.Create().WithPath(new RegexMatcher("^" + fake.BasePath + surface.PathPattern[1..])).UsingMethod(surface.Method).WithHeader(FrontHeader, _pass);
                server
                    .Given(surface.Query is { } query ? request.WithParam(query.Name, query.Value) : request)
                    .WithTitle($"{surface.Method} {surface.Path} of {fake.Id}")
                    .RespondWith(ResponseOf(surface));
            }
        }

        _server = server;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _server?.Stop();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _server?.Dispose();
        _client.Dispose();
    }

    /// <summary>The document that a surface answers to a request that the front has let through.</summary>
    /// <exception cref="HttpRequestException">WireMock did not answer.</exception>
    public async Task<JsonDocumentAnswer> AskAsync(VendorFake fake, Surface surface, string path, string? body, CancellationToken cancellationToken)
    {
        var server = _server ?? throw new InvalidOperationException("WireMock has not been started.");
        using var request = new HttpRequestMessage(new HttpMethod(surface.Method), server.Url + fake.BasePath + path);
        request.Headers.Add(FrontHeader, _pass);
        if (!string.IsNullOrEmpty(body))
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        return new JsonDocumentAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static IResponseBuilder ResponseOf(Surface surface)
    {
        var response = Response.Create().WithHeader("Content-Type", "application/json");
        return surface.Answer switch
        {
            FixedAnswer known => response.WithStatusCode(known.Status).WithBody(known.Json),
            TokenCounting counting => response.WithStatusCode(StatusCodes.Status200OK).WithBody(request => WireJson.Write(counting.Document(Turn.TokensOf(BodyOf(request).Length)))),
            _ => throw new NotSupportedException($"No JSON answer for {surface.Answer.GetType().Name}."),
        };
    }

    private static string BodyOf(IRequestMessage request) => request.Body ?? throw new InvalidOperationException("The front forwarded no body.");
}

/// <summary>A JSON document and its status.</summary>
public sealed record JsonDocumentAnswer(int Status, string Json);
