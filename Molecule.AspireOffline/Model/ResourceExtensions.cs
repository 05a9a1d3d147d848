using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Reads what has been said about a resource.</summary>
public static class ResourceExtensions
{
    /// <summary>The last annotation of a kind.</summary>
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : IResourceAnnotation
    {
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    /// <summary>The annotations of a kind.</summary>
    public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        T[] found = [.. resource.Annotations.OfType<T>()];
        result = found.Length == 0 ? null : found;
        return result is not null;
    }

    /// <summary>The annotations of a kind, those of its parents included.</summary>
    public static bool TryGetAnnotationsIncludingAncestorsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        T[] found = [.. resource.SelfAndParents().SelectMany(static r => r.Annotations.OfType<T>())];
        result = found.Length == 0 ? null : found;
        return result is not null;
    }

    /// <summary>Whether there is an annotation of a kind.</summary>
    public static bool HasAnnotationOfType<T>(this IResource resource)
        where T : IResourceAnnotation => resource.Annotations.OfType<T>().Any();

    /// <summary>Whether it runs in a container.</summary>
    public static bool IsContainer(this IResource resource) => resource.HasAnnotationOfType<ContainerImageAnnotation>();

    /// <summary>One endpoint; it need not exist yet.</summary>
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) => new(resource, endpointName);

    /// <summary>All endpoints.</summary>
    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
        [.. resource.Annotations.OfType<EndpointAnnotation>().Select(e => new EndpointReference(resource, e))];

    internal static IEnumerable<IResource> SelfAndParents(this IResource resource)
    {
        for (IResource? next = resource; next is not null; next = (next as IResourceWithParent)?.Parent)
        {
            yield return next;
        }
    }

    internal static string InstanceId(this IResource resource) =>
        resource.TryGetLastAnnotation<InstanceAnnotation>(out var instance) ? $"{resource.Name}-{instance.Suffix}" : resource.Name;

    /// <summary>Whether the engine itself starts it.</summary>
    internal static bool IsStartedByEngine(this IResource resource) => resource is ProjectResource or ExecutableResource || resource.IsContainer();
}

/// <summary>Reads a project resource.</summary>
public static class ProjectResourceExtensions
{
    /// <summary>Which project it is.</summary>
    public static IProjectMetadata GetProjectMetadata(this ProjectResource projectResource) => projectResource.Annotations.OfType<IProjectMetadata>().Single();
}
