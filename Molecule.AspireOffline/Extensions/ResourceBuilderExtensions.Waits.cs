using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Starts when the other runs and is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.Waits(dependency, WaitType.WaitUntilHealthy, 0, null);

    /// <summary>Starts when the other runs and is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.Waits(dependency, WaitType.WaitUntilHealthy, 0, waitBehavior);

    /// <summary>Starts when the other runs.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.Waits(dependency, WaitType.WaitUntilStarted, 0, null);

    /// <summary>Starts when the other runs.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.Waits(dependency, WaitType.WaitUntilStarted, 0, waitBehavior);

    /// <summary>Starts when the other has ended with that exit code; fails when it ended with another.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport => builder.Waits(dependency, WaitType.WaitForCompletion, exitCode, null);

    /// <summary>Lets a registered health check speak for the resource.</summary>
    /// <exception cref="DistributedApplicationException">The resource has that check already.</exception>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource => builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(h => h.Key == key)
            ? throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check with key '{key}'.")
            : builder.WithAnnotation(new HealthCheckAnnotation(key));

    /// <summary>The resource is healthy while GET of a path (default <c>/</c>) answers with a status code (default 200).</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        var endpoints = builder.Resource.GetEndpoints();
        var endpoint = endpointName is not null
            ? builder.GetEndpoint(endpointName)
            : endpoints.FirstOrDefault(static e => e.EndpointName is "https") ?? endpoints.FirstOrDefault(static e => e.IsHttp || e.IsHttps)
                ?? throw new DistributedApplicationException($"Could not create HTTP health check for resource '{builder.Resource.Name}': it has no HTTP endpoint.");
        return builder.WithHttpHealthCheck(() => endpoint, path, statusCode);
    }

    /// <summary>The resource is healthy while GET of a path (default <c>/</c>) of an endpoint answers with a status code (default 200).</summary>
    /// <exception cref="DistributedApplicationException">There is no such endpoint, or it does not speak HTTP.</exception>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, Func<EndpointReference>? endpointSelector, string? path = null, int? statusCode = null)
        where T : IResourceWithEndpoints
    {
        if (endpointSelector is null)
        {
            return builder.WithHttpHealthCheck(path, statusCode);
        }

        var endpoint = endpointSelector();
        if (!endpoint.Exists || !(endpoint.IsHttp || endpoint.IsHttps))
        {
            throw new DistributedApplicationException(
                $"Could not create HTTP health check for resource '{builder.Resource.Name}': '{endpoint.EndpointName}' is no HTTP endpoint of '{endpoint.Resource.Name}'.");
        }

        path ??= "/";
        var status = statusCode ?? 200;
        var key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{path}_{status}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(
            new HealthCheckRegistration(key, _ => new HttpEndpointHealthCheck(() => endpoint.IsAllocated ? new Uri(new Uri(endpoint.Url), path) : null, status), failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }

    private static IResourceBuilder<T> Waits<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitType type, int exitCode, WaitBehavior? behavior)
        where T : IResourceWithWaitSupport
    {
        var other = dependency.Resource;
        if (ReferenceEquals(builder.Resource, other))
        {
            throw new DistributedApplicationException($"The '{builder.Resource.Name}' resource cannot wait for itself.");
        }

        if (builder.Resource.SelfAndParents().Contains(other))
        {
            throw new DistributedApplicationException($"The '{builder.Resource.Name}' resource cannot wait for its parent '{other.Name}'.");
        }

        if (type != WaitType.WaitForCompletion && other is IResourceWithParent child)
        {
            builder.Waits(builder.ApplicationBuilder.CreateResourceBuilder(child.Parent), type, exitCode, behavior);
        }

        return builder
            .WithRelationship(other, RelationshipTypes.WaitFor)
            .WithAnnotation(new WaitAnnotation(other, type, exitCode) { WaitBehavior = behavior });
    }
}
