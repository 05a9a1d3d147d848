using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Adds services that run outside the application.</summary>
public static class ExternalServiceBuilderExtensions
{
    /// <summary>Adds a service at an absolute URL.</summary>
    /// <exception cref="ArgumentException">It is no absolute URL, or has a query or a fragment.</exception>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, string name, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
            ? builder.AddExternalService(name, uri)
            : throw new ArgumentException($"The URL '{url}' of the external service '{name}' is not absolute.", nameof(url));

    /// <inheritdoc cref="AddExternalService(IDistributedApplicationBuilder, string, string)"/>
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, string name, Uri uri)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(uri);
        return uri is { IsAbsoluteUri: true, Query: "", Fragment: "" }
            ? builder.AddResource(new ExternalServiceResource(name, uri))
            : throw new ArgumentException($"The URL '{uri}' of the external service '{name}' must be absolute, without query and fragment.", nameof(uri));
    }

    /// <summary>The service is healthy while GET of a path (default <c>/</c>) answers with a status code (default 200).</summary>
    public static IResourceBuilder<ExternalServiceResource> WithHttpHealthCheck(
        this IResourceBuilder<ExternalServiceResource> builder, string? path = null, int? statusCode = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var (address, status) = (new Uri(builder.Resource.Uri!, path ?? "/"), statusCode ?? 200);
        var key = $"{builder.Resource.Name}_external_{path ?? "/"}_{status}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(
            new HealthCheckRegistration(key, _ => new HttpEndpointHealthCheck(() => address, status), failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }
}
