namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states that the engine itself gives.</summary>
public static class KnownResourceStates
{
    /// <summary>About to be started.</summary>
    public static readonly string Starting = "Starting";

    /// <summary>Running.</summary>
    public static readonly string Running = "Running";

    /// <summary>Could not be started.</summary>
    public static readonly string FailedToStart = "FailedToStart";

    /// <summary>The container engine is not well.</summary>
    public static readonly string RuntimeUnhealthy = "RuntimeUnhealthy";

    /// <summary>Being stopped.</summary>
    public static readonly string Stopping = "Stopping";

    /// <summary>Its container has ended.</summary>
    public static readonly string Exited = "Exited";

    /// <summary>Its process has ended.</summary>
    public static readonly string Finished = "Finished";

    /// <summary>Waits for other resources.</summary>
    public static readonly string Waiting = "Waiting";

    /// <summary>Waits for somebody to start it.</summary>
    public static readonly string NotStarted = "NotStarted";

    /// <summary>Of use, though it does not run.</summary>
    public static readonly string Active = "Active";

    /// <summary>A parameter without a value.</summary>
    public static readonly string ValueMissing = "ValueMissing";

    /// <summary>The states that end a run.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}

/// <summary>How states are coloured.</summary>
public static class KnownResourceStateStyles
{
    /// <summary>Well.</summary>
    public static readonly string Success = "success";

    /// <summary>Broken.</summary>
    public static readonly string Error = "error";

    /// <summary>Neither.</summary>
    public static readonly string Info = "info";

}

/// <summary>Property names that readers of snapshots know.</summary>
public static class CustomResourceKnownProperties
{
    /// <summary>Where the resource comes from.</summary>
    public static string Source { get; } = "resource.source";

    /// <summary>The resource's connection string.</summary>
    public static string ConnectionString { get; } = "resource.connectionString";
}

// The names a dashboard knows; they are internal in the API.
internal static class PropertyNames
{
    public const string WaitingFor = "resource.waitingFor";
    public const string ParentName = "resource.parentName";
    public const string Path = "executable.path";
    public const string WorkingDirectory = "executable.workDir";
    public const string Arguments = "executable.args";
    public const string ProcessId = "executable.pid";
    public const string ContainerImage = "container.image";
    public const string ContainerId = "container.id";
    public const string ContainerArguments = "container.args";
}

internal static class RelationshipTypes
{
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
    public const string Parent = "Parent";
}
