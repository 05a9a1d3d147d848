namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that may be known later only.</summary>
public interface IValueProvider
{
    /// <summary>The value; waits until it is known.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>The value for a certain caller.</summary>
    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);
}

/// <summary>Who asks for a value.</summary>
public class ValueProviderContext
{
    /// <summary>What the application is doing.</summary>
    public DistributedApplicationExecutionContext? ExecutionContext { get; init; }

    /// <summary>The resource that asks.</summary>
    public IResource? Caller { get; init; }

    /// <summary>From where the value is to be seen; null: from where the caller is.</summary>
    public NetworkIdentifier? Network { get; init; }
}

/// <summary>A value with a name in the manifest, such as <c>{db.connectionString}</c>.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>The name.</summary>
    string ValueExpression { get; }
}

/// <summary>A value that can stand in an expression.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>A value made of other things.</summary>
public interface IValueWithReferences
{
    /// <summary>The other things: resources and values.</summary>
    IEnumerable<object> References { get; }
}

/// <summary>A resource's connection string as a value.</summary>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional) : IExpressionValue, IValueWithReferences
{
    /// <summary>Whose connection string.</summary>
    public IResourceWithConnectionString Resource { get; } = resource;

    /// <summary>Whether it may be absent.</summary>
    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => Resource.ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => ((IValueProvider)this).GetValueAsync(new ValueProviderContext(), cancellationToken);

    async ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        var value = await Resource.GetValueAsync(context, cancellationToken).ConfigureAwait(false);
        return string.IsNullOrEmpty(value) && !Optional
            ? throw new DistributedApplicationException($"The connection string for the resource '{Resource.Name}' is not available.")
            : value;
    }
}
