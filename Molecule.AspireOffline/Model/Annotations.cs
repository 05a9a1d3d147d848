namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a resource waits for.</summary>
public enum WaitType
{
    /// <summary>Running and healthy.</summary>
    WaitUntilHealthy = 0,

    /// <summary>Ended, with a certain exit code.</summary>
    WaitForCompletion = 1,

    /// <summary>Running.</summary>
    WaitUntilStarted = 2,
}

/// <summary>What a waiting resource does once the awaited one has failed.</summary>
public enum WaitBehavior
{
    /// <summary>Goes on waiting: somebody may start the other again.</summary>
    WaitOnResourceUnavailable = 0,

    /// <summary>Fails as well.</summary>
    StopOnResourceUnavailable = 1,
}

/// <summary>One resource that has to be there first.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>What to wait for.</summary>
    public WaitType WaitType { get; } = waitType;

    /// <summary>The exit code that counts as success, for <see cref="WaitType.WaitForCompletion"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do when it has failed; null for the application's default.</summary>
    public WaitBehavior? WaitBehavior { get; init; }
}

/// <summary>A registered health check that speaks for the resource.</summary>
public class HealthCheckAnnotation(string key) : IResourceAnnotation
{
    /// <summary>The check's registered name.</summary>
    public string Key { get; } = key;
}

/// <summary>The resource is not started with the application.</summary>
public sealed class ExplicitStartupAnnotation : IResourceAnnotation;

/// <summary>How one resource stands to another.</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    /// <summary>The other resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Reference, WaitFor, Parent or a word of one's own.</summary>
    public string Type { get; } = type;
}

/// <summary>What is shown of a resource before it has said anything itself.</summary>
public class ResourceSnapshotAnnotation(CustomResourceSnapshot initialSnapshot) : IResourceAnnotation
{
    /// <summary>The first snapshot.</summary>
    public CustomResourceSnapshot InitialSnapshot { get; } = initialSnapshot;
}

/// <summary>The resource sends telemetry.</summary>
public class OtlpExporterAnnotation : IResourceAnnotation
{
    /// <summary>The protocol it has to use; null for whichever there is.</summary>
    public OtlpProtocol? RequiredProtocol { get; init; }
}

/// <summary>Which launch profile a project starts with.</summary>
public sealed class LaunchProfileAnnotation(string launchProfileName) : IResourceAnnotation
{
    /// <summary>Its name in launchSettings.json.</summary>
    public string LaunchProfileName { get; } = launchProfileName;
}

/// <summary>The project starts without a launch profile.</summary>
public sealed class ExcludeLaunchProfileAnnotation : IResourceAnnotation;

/// <summary>Command and folder of an executable, once changed after it was added.</summary>
public sealed class ExecutableAnnotation : IResourceAnnotation
{
    /// <summary>Program name or path.</summary>
    public required string Command { get; set; }

    /// <summary>Absolute path.</summary>
    public required string WorkingDirectory { get; set; }
}

/// <summary>The id under which this engine shows a started resource: <c>name-abcdefgh</c>.</summary>
internal sealed class InstanceAnnotation(string suffix) : IResourceAnnotation
{
    public string Suffix { get; } = suffix;
}
