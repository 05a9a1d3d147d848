using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Graph;

/// <summary>A server that an earlier run left on the port would answer as well: each service is asked whose it is.</summary>
internal static class ServerOfThisRun
{
    /// <exception cref="InvalidOperationException">The server is another run's.</exception>
    public static async Task EnsureAsync(DistributedApplication app, string service, CancellationToken cancellationToken)
    {
        using var client = app.CreateHttpClient(service, "http");
        var health = await client.GetFromJsonAsync<JsonObject>("/health", cancellationToken);
        var run = health?["run"]?.GetValue<string>();
        if (run != RunSession.Run.Options.RunId)
        {
            throw new InvalidOperationException($"The server at {client.BaseAddress} is {service} of run '{run}', not of {RunSession.Run.Options.RunId}.");
        }
    }
}
