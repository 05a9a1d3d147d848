using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>
/// This machine as containers see it, in place of Aspire's tunnel: what listens on loopback is relayed from the containers' gateway, and is called by
/// the tunnel's name (https://aspire.dev/fundamentals/container-networking/).
/// </summary>
internal sealed class ContainerHost(ContainerEngine engine) : IAsyncDisposable
{
    private const string Name = "aspire.dev.internal";

    private readonly ConcurrentDictionary<(string Host, int Port), Lazy<TcpRelay>> _relays = new();
    private IPAddress? _gateway;

    /// <summary>What containers have to be told, as <c>NAME:ADDRESS</c>; null while nobody has asked for anything of this machine.</summary>
    public string? Alias => _gateway is null ? null : $"{Name}:{_gateway}";

    /// <summary>Where containers reach an endpoint that is reached at an address of this machine.</summary>
    /// <exception cref="DistributedApplicationException">The engine's gateway is no address of this machine.</exception>
    public async Task<AllocatedEndpoint> ReachAsync(AllocatedEndpoint here, CancellationToken cancellationToken)
    {
        var gateway = _gateway ??= await engine.GatewayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var relay = _relays.GetOrAdd((here.Address, here.Port), target => new Lazy<TcpRelay>(() => new TcpRelay(gateway, target.Host, target.Port))).Value;
            return new AllocatedEndpoint(here.Endpoint, Name, relay.Port);
        }
        catch (SocketException e)
        {
            throw new DistributedApplicationException(
                $"Containers cannot be given a way to this machine: their gateway {gateway} is not its address ({e.Message}). The offline engine needs a container engine that runs on this machine itself.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays.Values.Where(static r => r.IsValueCreated))
        {
            await relay.Value.DisposeAsync().ConfigureAwait(false);
        }
    }
}
