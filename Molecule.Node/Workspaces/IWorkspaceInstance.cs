using Molecule.Contracts.Provisioning;
using Molecule.Node.Desktops;

namespace Molecule.Node.Workspaces;

/// <summary>One incarnation of a workspace, whatever it runs in.</summary>
public interface IWorkspaceInstance
{
    /// <summary>This incarnation's own id.</summary>
    string Id { get; }

    /// <summary>Its desktop, if it asked for one; ends with it.</summary>
    Desktop? Desktop { get; }

    /// <summary>Completes with the exit code (128 + signal) once it has ended and nothing of it is left.</summary>
    Task<int> Ended { get; }

    InstanceStatus Status { get; }

    /// <summary>Whether a process that has come to the node as an orphan belongs to it.</summary>
    bool Marks(int processId);

    /// <summary>Asks it to end, waits for the grace, then kills what is left.</summary>
    Task StopAsync(TimeSpan grace, TimeProvider time);

    /// <summary>Ends it at once, with all that belongs to it.</summary>
    Task KillAsync();

    /// <summary>Freezes it with all that belongs to it.</summary>
    Task PauseAsync();

    /// <summary>Lets it run on.</summary>
    Task ResumeAsync();
}
