using System.Net.Sockets;
using Docker.DotNet;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>The container engine that DOCKER_HOST or the default socket names.</summary>
internal static class ContainerEngine
{
    /// <summary>Whether a machine without one is a failure: CI, or MOLECULE_REQUIRE names containers.</summary>
    public static bool IsRequired =>
        Environment.GetEnvironmentVariable("CI") is { Length: > 0 }
        || (Environment.GetEnvironmentVariable("MOLECULE_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("containers");

    /// <summary>Null where one answers; else why not, in a sentence.</summary>
    public static async Task<string?> MissingAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            using var client = Connect();
            await client.System.PingAsync(limit.Token);
            return null;
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException or IOException or SocketException or UriFormatException or OperationCanceledException)
        {
            return $"no container engine answers ({e.GetBaseException().Message}); './molecule setup' installs and starts one, or point DOCKER_HOST at yours";
        }
    }

    public static Uri Address => new(Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : "unix:///var/run/docker.sock");

    public static DockerClient Connect() => new DockerClientBuilder().WithEndpoint(Address).Build();
}
