using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Injects a connection string and its parts (names: spec 8 of the API).</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null, bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables[resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}"] =
                new ConnectionStringReference(resource, optional);

            var prefix = name.Length == 0 ? "" : VariableName(name) + "_";
            foreach (var (property, value) in resource.GetConnectionProperties())
            {
                context.EnvironmentVariables[prefix + VariableName(property)] = value;
            }
        }).Refers(resource);
    }

    /// <summary>Injects where a resource's endpoints are.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment => builder.Discovers(source.Resource, null, null);

    /// <summary>Injects where a resource's endpoints are, under another name.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment => builder.Discovers(source.Resource, null, name);

    /// <summary>Injects where one endpoint is.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(endpointReference);
        return builder.Discovers(endpointReference.Resource, endpointReference, null);
    }

    /// <summary>Injects where something outside the application is.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(uri);
        return !uri.IsAbsoluteUri || uri.Query.Length > 0 || uri.Fragment.Length > 0
            ? throw new InvalidOperationException($"The uri '{uri}' for service reference '{name}' must be absolute, without query and fragment.")
            : builder.WithEnvironment(context =>
            {
                context.EnvironmentVariables[$"services__{name}__default__0"] = uri.ToString();

                context.EnvironmentVariables[VariableName(name, upper: false)] = uri.ToString();
            });
    }

    private static IResourceBuilder<T> Discovers<T>(
        this IResourceBuilder<T> builder, IResourceWithEndpoints source, EndpointReference? only, string? name)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context =>
        {
            var endpoints = only is not null ? [only] : source.GetEndpoints().Where(static e => !e.EndpointAnnotation.ExcludeReferenceEndpoint);
            foreach (var endpoint in endpoints)
            {
                // 13.2+: the scheme stands for endpoints named by it; the number grows where a key is taken.
                var named = endpoint.EndpointName is "http" or "https" ? endpoint.Scheme : endpoint.EndpointName;
                var number = 0;
                while (context.EnvironmentVariables.TryGetValue($"services__{name ?? source.Name}__{named}__{number}", out var taken)
                       && !(taken is EndpointReference same && same.Resource == source && same.EndpointName == endpoint.EndpointName))
                {
                    number++;
                }

                context.EnvironmentVariables[$"services__{name ?? source.Name}__{named}__{number}"] = endpoint;

                var prefix = name is null ? VariableName(source.Name) : VariableName(name, upper: false);
                context.EnvironmentVariables[$"{prefix}_{VariableName(endpoint.EndpointName)}"] = endpoint;
            }
        }).Refers(source);

    // Not a letter or digit: '_'; a digit in front: '_' before it.
    private static string VariableName(string name, bool upper = true)
    {
        var encoded = new StringBuilder(name.Length + 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0]))
        {
            encoded.Append('_');
        }

        foreach (var c in name)
        {
            encoded.Append(!char.IsAsciiLetterOrDigit(c) ? '_' : upper ? char.ToUpperInvariant(c) : c);
        }

        return encoded.ToString();
    }
}
