using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Gives every endpoint its address before anything starts, so that references can be resolved in any order.</summary>
internal static class EndpointAllocation
{
    /// <summary>
    /// This engine has no proxies: client and process use one port. A fixed port is kept, except that of an endpoint which may be proxied while
    /// ports are randomised (spec 7 of the API): there nobody relies on it. A container listens on its target port, published on another.
    /// </summary>
    public static void Allocate(IResource resource, PortReservations ports, bool randomize)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(static e => e.AllocatedEndpoint is null))
        {
            var isContainer = resource.IsContainer();
            var port = (isContainer ? null : endpoint.TargetPort) ?? (endpoint.IsProxied && randomize ? null : endpoint.Port) ?? ports.Reserve();
            endpoint.AllocatedTargetPort = !isContainer ? port : endpoint.TargetPort ?? throw new DistributedApplicationException(
                $"The endpoint '{endpoint.Name}' for container resource '{resource.Name}' must specify the TargetPort value.");
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost is "0.0.0.0" or "*" or "+" or "::" ? "localhost" : endpoint.TargetHost, port);
        }
    }

    public static void Release(IResource resource, PortReservations ports)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            if (endpoint.AllocatedTargetPort is { } port)
            {
                ports.Release(port);
            }
        }
    }

    /// <summary>The URLs to show: one an endpoint, those added by hand, then what the callbacks make of them.</summary>
    public static async Task<ImmutableArray<UrlSnapshot>> UrlsAsync(
        IResource resource, DistributedApplicationExecutionContext context, CancellationToken cancellationToken)
    {
        var urls = new List<ResourceUrlAnnotation>();
        if (resource is IResourceWithEndpoints withEndpoints)
        {
            urls.AddRange(withEndpoints.GetEndpoints().Where(static e => e.IsAllocated).Select(static e => new ResourceUrlAnnotation { Url = e.Url, Endpoint = e }));
        }

        urls.AddRange(resource.Annotations.OfType<ResourceUrlAnnotation>());
        var callbackContext = new ResourceUrlsCallbackContext(context, resource, urls, cancellationToken);
        foreach (var callback in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>().ToArray())
        {
            await callback.Callback(callbackContext).ConfigureAwait(false);
        }

        return
        [
            .. urls.Select(static u => new UrlSnapshot(u.Endpoint?.EndpointName, Absolute(u), u.DisplayLocation == UrlDisplayLocation.DetailsOnly)
            {
                IsInactive = u.Endpoint is not null,
                DisplayProperties = new UrlDisplayPropertiesSnapshot(u.DisplayText ?? "", u.DisplayOrder ?? 0),
            }),
        ];
    }

    private static string Absolute(ResourceUrlAnnotation url) =>
        url.Url.StartsWith('/') && url.Endpoint is { IsAllocated: true } endpoint ? endpoint.Url + url.Url : url.Url;
}
