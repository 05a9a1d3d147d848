using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Brings one kind of resource up: processes, or containers.</summary>
internal interface ILauncher
{
    /// <summary>Starts a resource whose arguments and variables are known.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be started; the message says why.</exception>
    Task<ILaunched> LaunchAsync(IResource resource, ResolvedConfiguration resolved, CancellationToken cancellationToken);
}

/// <summary>One run of a resource.</summary>
internal interface ILaunched
{
    /// <summary>What ended it is its exit code.</summary>
    Task<int> Exited { get; }

    /// <summary>The state that follows its end.</summary>
    string EndState { get; }

    /// <summary>Facts for the snapshot.</summary>
    IReadOnlyList<ResourcePropertySnapshot> Properties { get; }

    /// <summary>Asks it to end, and ends it after the grace.</summary>
    Task StopAsync();
}
