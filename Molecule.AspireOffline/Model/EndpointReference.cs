using System.Globalization;
using Aspire.Hosting.Running;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint of a resource as a value: its URL.</summary>
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _endpoint;

    /// <summary>Refers to an endpoint by name; it need not exist yet. Without a network it is seen from where its reader is.</summary>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName, NetworkIdentifier? contextNetworkID = null)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(endpointName);
        Resource = owner;
        EndpointName = endpointName;
        ContextNetworkID = contextNetworkID;
    }

    /// <summary>Refers to an endpoint.</summary>
    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint)
        : this(owner, endpoint?.Name!) => _endpoint = endpoint;

    /// <summary>Whose endpoint.</summary>
    public IResourceWithEndpoints Resource { get; }

    /// <summary>Its name.</summary>
    public string EndpointName { get; }

    /// <summary>From where it is seen, whoever reads it; null: from where its reader is.</summary>
    public NetworkIdentifier? ContextNetworkID { get; }

    /// <summary>The endpoint.</summary>
    /// <exception cref="InvalidOperationException">The resource has no endpoint of that name.</exception>
    public EndpointAnnotation EndpointAnnotation => Find() ?? throw new InvalidOperationException(
        $"The endpoint `{EndpointName}` is not defined for the resource `{Resource.Name}`. It has: "
        + $"{string.Join(", ", Resource.Annotations.OfType<EndpointAnnotation>().Select(static e => e.Name).DefaultIfEmpty("none"))}.");

    /// <summary>Whether the resource has that endpoint.</summary>
    public bool Exists => Find() is not null;

    /// <summary>Whether its address is known.</summary>
    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    /// <summary>Whether its scheme is http.</summary>
    public bool IsHttp => string.Equals(Scheme, "http", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether its scheme is https.</summary>
    public bool IsHttps => string.Equals(Scheme, "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it speaks TLS.</summary>
    public bool TlsEnabled => EndpointAnnotation.TlsEnabled;

    /// <summary>http, https, tcp, ...</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary>The port clients use.</summary>
    /// <exception cref="InvalidOperationException">It has not been allocated yet.</exception>
    public int Port => Allocated.Port;

    /// <summary>The host clients use.</summary>
    /// <exception cref="InvalidOperationException">It has not been allocated yet.</exception>
    public string Host => Allocated.Address;

    /// <summary><c>scheme://host:port</c>.</summary>
    /// <exception cref="InvalidOperationException">It has not been allocated yet.</exception>
    public string Url => Allocated.UriString;

    /// <summary>The port the process listens on, where one has been said.</summary>
    public int? TargetPort => EndpointAnnotation.TargetPort;

    string IManifestExpressionProvider.ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint
        ?? throw new InvalidOperationException($"The endpoint `{EndpointName}` is not allocated for the resource `{Resource.Name}`.");

    /// <summary>One part of the endpoint's address as a value.</summary>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    /// <summary>The URL; waits until it is known.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    /// <inheritdoc cref="GetValueAsync(CancellationToken)"/>
    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(context, cancellationToken);

    private EndpointAnnotation? Find() => _endpoint ??= Resource.Annotations.OfType<EndpointAnnotation>()
        .FirstOrDefault(e => string.Equals(e.Name, EndpointName, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The parts of an endpoint's address.</summary>
public enum EndpointProperty
{
    /// <summary><c>scheme://host:port</c>.</summary>
    Url = 0,

    /// <summary>Host name.</summary>
    Host = 1,

    /// <summary>IPv4 address.</summary>
    IPV4Host = 2,

    /// <summary>The port clients use.</summary>
    Port = 3,

    /// <summary>http, https, tcp, ...</summary>
    Scheme = 4,

    /// <summary>The port the process listens on.</summary>
    TargetPort = 5,

    /// <summary><c>host:port</c>.</summary>
    HostAndPort = 6,

    /// <summary>True or False.</summary>
    TlsEnabled = 7,
}

/// <summary>A part of an endpoint's address as a value.</summary>
public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue, IValueWithReferences
{
    /// <summary>Which endpoint.</summary>
    public EndpointReference Endpoint { get; } = endpointReference;

    /// <summary>Which part.</summary>
    public EndpointProperty Property { get; } = property;

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property switch
    {
        EndpointProperty.IPV4Host => "host",
        EndpointProperty.TargetPort => "targetPort",
        EndpointProperty.HostAndPort => "hostAndPort",
        EndpointProperty.TlsEnabled => "tlsEnabled",
        _ => Property.ToString().ToLowerInvariant(),
    }}}}";

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    /// <summary>The part; waits until the endpoint has its address.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <summary>The part as it is seen by the context's caller; waits until the endpoint has its address.</summary>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var annotation = Endpoint.EndpointAnnotation;
        switch (Property)
        {
            case EndpointProperty.Scheme:
                return annotation.UriScheme;
            case EndpointProperty.TlsEnabled:
                return annotation.TlsEnabled ? bool.TrueString : bool.FalseString;
        }

        var allocated = await annotation.WaitForAllocationAsync(cancellationToken).ConfigureAwait(false);
        if (Property is not EndpointProperty.TargetPort && NetworkOf(context) == KnownNetworkIdentifiers.DefaultAspireContainerNetwork && context.ExecutionContext is { } execution)
        {
            allocated = await execution.Services.GetRequiredService<ContainerHost>().ReachAsync(allocated, cancellationToken).ConfigureAwait(false);
        }

        return Property switch
        {
            EndpointProperty.Url => allocated.UriString,
            EndpointProperty.Host => allocated.Address,
            EndpointProperty.IPV4Host => allocated.Address is "localhost" ? "127.0.0.1" : allocated.Address,
            EndpointProperty.Port => allocated.Port.ToString(CultureInfo.InvariantCulture),
            EndpointProperty.HostAndPort => allocated.EndPointString,
            EndpointProperty.TargetPort => (annotation.AllocatedTargetPort ?? annotation.TargetPort ?? allocated.Port).ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"The property '{Property}' is not supported for the endpoint '{Endpoint.EndpointName}'."),
        };
    }

    private NetworkIdentifier NetworkOf(ValueProviderContext context) => Endpoint.ContextNetworkID ?? context.Network
        ?? (context.Caller?.IsContainer() is true ? KnownNetworkIdentifiers.DefaultAspireContainerNetwork : KnownNetworkIdentifiers.LocalhostNetwork);
}
