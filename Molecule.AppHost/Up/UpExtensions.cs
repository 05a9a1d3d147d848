using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Molecule.AppHost.Run;

namespace Molecule.AppHost.Up;

public static class UpExtensions
{
    private const int PreferredPort = 8080;

    /// <summary>For a graph that stays up (<c>Molecule:Up</c>): addresses are printed, and what dies of the given resources is started again.</summary>
    public static void AddUp(this IDistributedApplicationBuilder builder, IResourceBuilder<IResource> controlPlane, params IResourceBuilder<IResource>[] others)
    {
        if (!builder.Configuration.GetValue("Molecule:Up", false))
        {
            return;
        }

        foreach (var resource in others.Append(controlPlane))
        {
            resource.Resource.Annotations.Add(new KeptUpAnnotation());
        }

        // Others rely on 8080 by habit; where it is taken any free port does, and the list says which.
        if (controlPlane.Resource is IResourceWithEndpoints served && IsFree(PreferredPort))
        {
            builder.CreateResourceBuilder(served).WithEndpoint("http", static endpoint => endpoint.Port = PreferredPort);
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHostedService(static services => new AddressList(
            services.GetRequiredService<DistributedApplicationModel>(), services.GetRequiredService<ResourceNotificationService>(),
            services.GetRequiredService<MoleculeRun>(), Console.Out));
        builder.Services.AddHostedService(static services => new GraphKeeper(
            services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceCommandService>(),
            services.GetRequiredService<TimeProvider>(), Console.Out));
    }

    private static bool IsFree(int port)
    {
        try
        {
            foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
            {
                if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
                {
                    continue;
                }

                using var listener = new TcpListener(address, port);
                listener.Start();
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
