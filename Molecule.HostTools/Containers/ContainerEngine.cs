using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Molecule.HostTools.Installing;

namespace Molecule.HostTools.Containers;

/// <summary>Where this machine's container engine listens.</summary>
/// <param name="Address">Of the Docker Engine API.</param>
public sealed record ContainerEngine(Uri Address)
{
    /// <summary>The variable by which every client of the Docker Engine API is told where it listens.</summary>
    public const string HostVariable = "DOCKER_HOST";

    private const string DefaultNetwork = "bridge";
    private const string SystemSocket = "/var/run/docker.sock";
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    /// <summary>The socket of the engine that <c>setup</c> starts.</summary>
    public static string SocketOf(CacheFolder cache) => System.IO.Path.Combine(cache.Combine("docker"), "docker.sock");

    /// <summary>What DOCKER_HOST says, else the system's socket, else the one that <c>setup</c> has started; null where none of them is there.</summary>
    /// <exception cref="InstallException">DOCKER_HOST is no address.</exception>
    public static ContainerEngine? Find(Func<string, string?> environment, CacheFolder cache, Func<string, bool> exists)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(exists);
        if (environment(HostVariable) is { Length: > 0 } named)
        {
            return Uri.TryCreate(named, UriKind.Absolute, out var address)
                ? new ContainerEngine(address)
                : throw new InstallException($"{HostVariable} is '{named}', which is no address; it looks like unix:///var/run/docker.sock.");
        }

        return ((string[])[SystemSocket, SocketOf(cache)]).FirstOrDefault(exists) is { } socket ? new ContainerEngine(new Uri($"unix://{socket}")) : null;
    }

    /// <summary>That of this process's environment and this machine.</summary>
    public static ContainerEngine? OfThisMachine() => Find(Environment.GetEnvironmentVariable, CacheFolder.OfThisMachine(), File.Exists);

    public DockerClient Connect() => new DockerClientBuilder().WithEndpoint(Address).Build();

    /// <summary>The engine's version; null where nothing answers within 5 s.</summary>
    public async Task<string?> VersionAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var client = Connect();
            return (await client.System.GetVersionAsync(limit.Token).ConfigureAwait(false)).Version;
        }
        catch (Exception e) when (IsSilence(e) && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>This machine's own address on the network that containers are put on: what listens there is reached from each of them.</summary>
    /// <exception cref="InstallException">No engine answers within 5 s, or it has no such network.</exception>
    public async Task<IPAddress> GatewayAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var client = Connect();
            var network = await client.Networks.InspectNetworkAsync(DefaultNetwork, limit.Token).ConfigureAwait(false);
            return network.IPAM.Config.Select(static c => IPAddress.TryParse(c.Gateway, out var address) ? address : null).FirstOrDefault(static a => a?.AddressFamily is AddressFamily.InterNetwork)
                ?? throw new InstallException($"The container engine at {Address} has no IPv4 gateway on its network '{DefaultNetwork}', so no container can reach this machine.");
        }
        catch (Exception e) when (IsSilence(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new InstallException($"The container engine at {Address} does not say by which address containers reach this machine: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>Whether an exception of the client means that nobody answers there as an engine does.</summary>
    public static bool IsSilence(Exception e) =>
        e is (DockerApiException or HttpRequestException or IOException or SocketException or OperationCanceledException or NotSupportedException) and not FileNotFoundException;
}
