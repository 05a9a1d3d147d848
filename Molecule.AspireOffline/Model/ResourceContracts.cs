using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something the application consists of.</summary>
public interface IResource
{
    /// <summary>1-64 ASCII letters, digits and hyphens, first a letter; compared without case.</summary>
    string Name { get; }

    /// <summary>What has been said about the resource.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>Something said about a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The annotations of one resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>The base of every resource.</summary>
public abstract class Resource : IResource
{
    /// <summary>Names the resource.</summary>
    /// <exception cref="ArgumentException">The name breaks a rule of <see cref="IResource.Name"/>.</exception>
    protected Resource(string name)
    {
        ModelName.Check("Resource", name, nameof(name));
        Name = name;
    }

    /// <inheritdoc/>
    public virtual string Name { get; }

    /// <inheritdoc/>
    public virtual ResourceAnnotationCollection Annotations { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name} {Name}";
}

/// <summary>A resource whose environment can be set.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource whose command-line arguments can be set.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>A resource that can be reached.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource that can wait for others before it starts.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource that never starts or ends, such as a parameter: nobody waits for it.</summary>
public interface IResourceWithoutLifetime : IResource;

/// <summary>A resource that lives and dies with another.</summary>
public interface IResourceWithParent : IResource
{
    /// <summary>The other resource.</summary>
    IResource Parent { get; }
}

/// <summary>A resource that lives and dies with another of a known kind.</summary>
public interface IResourceWithParent<out T> : IResourceWithParent
    where T : IResource
{
    /// <summary>The other resource.</summary>
    new T Parent { get; }

    IResource IResourceWithParent.Parent => Parent;
}

/// <summary>A resource that others reach by a connection string.</summary>
public interface IResourceWithConnectionString : IResource, IExpressionValue, IValueWithReferences
{
    /// <summary>The connection string, its parts unresolved.</summary>
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>The variable it is injected as; null for <c>ConnectionStrings__NAME</c>.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];

    /// <summary>The connection string; waits for endpoints that have no address yet.</summary>
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
        ConnectionStringExpression.GetValueAsync(context, cancellationToken);

    /// <summary>The connection string's parts, injected as <c>NAME_PROPERTY</c>.</summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];
}

/// <summary>The resources of an application.</summary>
public interface IResourceCollection : IList<IResource>
{
    /// <summary>Finds a resource by its name.</summary>
    bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource);
}

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    public ResourceCollection()
    {
    }

    public ResourceCollection(IEnumerable<IResource> resources)
        : base([.. resources])
    {
    }

    public bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource)
    {
        resource = this.FirstOrDefault(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase));
        return resource is not null;
    }
}

/// <summary>What the application consists of, for everybody who resolves it from the services.</summary>
public class DistributedApplicationModel(IResourceCollection resources)
{
    /// <summary>Makes a model of some resources.</summary>
    public DistributedApplicationModel(IEnumerable<IResource> resources)
        : this(new ResourceCollection(resources))
    {
    }

    /// <summary>The resources.</summary>
    public IResourceCollection Resources { get; } = resources;
}

internal static class ModelName
{
    public static void Check(string kind, string? name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        var fault = name switch
        {
            { Length: > 64 } => "is longer than 64 characters",
            _ when !char.IsAsciiLetter(name[0]) => "must start with an ASCII letter",
            _ when name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c != '-') => "may hold ASCII letters, digits and hyphens only",
            _ when name.Contains("--", StringComparison.Ordinal) => "must not hold two hyphens in a row",
            _ when name[^1] == '-' => "must not end with a hyphen",
            _ => null,
        };
        if (fault is not null)
        {
            throw new ArgumentException($"{kind} name '{name}' {fault}.", parameter);
        }
    }
}
