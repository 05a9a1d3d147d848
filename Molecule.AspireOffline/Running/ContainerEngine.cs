using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Running;

/// <summary>No container engine answers.</summary>
internal sealed class ContainerEngineUnavailableException(string message, Exception inner) : DistributedApplicationException(message, inner);

/// <summary>The container engine that DOCKER_HOST or the default socket names, connected on first use.</summary>
internal sealed class ContainerEngine(IConfiguration configuration) : IDisposable
{
    private const string DefaultNetwork = "bridge";
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(5);

    private readonly Lazy<DockerClient> _client = new(() =>
        (configuration["DOCKER_HOST"] is { Length: > 0 } host ? new DockerClientBuilder().WithEndpoint(new Uri(host)) : new DockerClientBuilder()).Build());

    public DockerClient Client => _client.Value;

    /// <exception cref="ContainerEngineUnavailableException">None answers within 5 s.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeLimit);
        try
        {
            await Client.System.PingAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A socket that is not there, not ours to open or that does not answer: for the user it is one matter.
            throw new ContainerEngineUnavailableException(
                $"No container engine answers: {e.GetBaseException().Message} (DOCKER_HOST is {(configuration["DOCKER_HOST"] is { Length: > 0 } host ? $"'{host}'" : "not set")}). "
                + "Start one, or point DOCKER_HOST at one.",
                e);
        }
    }

    /// <summary>This machine's own address on the network that containers are put on.</summary>
    /// <exception cref="DistributedApplicationException">The engine has no such network.</exception>
    public async Task<IPAddress> GatewayAsync(CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var network = await Client.Networks.InspectNetworkAsync(DefaultNetwork, cancellationToken).ConfigureAwait(false);
            return network.IPAM.Config.Select(static c => IPAddress.TryParse(c.Gateway, out var address) ? address : null).FirstOrDefault(static a => a?.AddressFamily is AddressFamily.InterNetwork)
                ?? throw new DistributedApplicationException($"The container engine's network '{DefaultNetwork}' has no IPv4 gateway, so no container can reach this machine.");
        }
        catch (DockerApiException e)
        {
            throw new DistributedApplicationException($"The container engine has no network '{DefaultNetwork}', so no container can reach this machine: {e.ResponseBody?.Trim() ?? e.Message}", e);
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }
}
