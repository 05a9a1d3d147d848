namespace Aspire.Hosting.ApplicationModel;

/// <summary>A container.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    /// <summary>Runs in place of the image's own; null for that.</summary>
    public string? Entrypoint { get; set; } = entrypoint;
}

/// <summary>Which image a container is made of.</summary>
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    /// <summary>Where it is pulled from; null for the engine's default.</summary>
    public string? Registry { get; set; }

    /// <summary>Its name.</summary>
    public required string Image { get; set; }

    /// <summary>Its version.</summary>
    public string? Tag { get; set; }
}

/// <summary>What kind of mount.</summary>
public enum ContainerMountType
{
    /// <summary>A path of this machine.</summary>
    BindMount = 0,

    /// <summary>A volume of the engine's.</summary>
    Volume = 1,
}

/// <summary>Something mounted in a container.</summary>
public sealed class ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly) : IResourceAnnotation
{
    /// <summary>An absolute path or a volume's name; null for a volume without one.</summary>
    public string? Source { get; } = source;

    /// <summary>Path in the container.</summary>
    public string Target { get; } = target;

    /// <summary>What kind of mount.</summary>
    public ContainerMountType Type { get; } = type;

    /// <summary>Whether the container may not write there.</summary>
    public bool IsReadOnly { get; } = isReadOnly;
}

/// <summary>More options of the engine's <c>run</c>.</summary>
public sealed class ContainerRuntimeArgsCallbackAnnotation : IResourceAnnotation
{
    /// <summary>Adds options.</summary>
    public ContainerRuntimeArgsCallbackAnnotation(Action<IList<object>> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Callback = context =>
        {
            callback(context.Args);
            return Task.CompletedTask;
        };
    }

    /// <summary>What is called.</summary>
    public Func<ContainerRuntimeArgsCallbackContext, Task> Callback { get; }
}

/// <summary>What a callback of the engine's options sees and writes.</summary>
public sealed class ContainerRuntimeArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
{
    /// <summary>The options. This engine knows <c>--label NAME=VALUE</c> and no other.</summary>
    public IList<object> Args { get; } = args;

    /// <summary>Cancelled when the start is given up.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}
