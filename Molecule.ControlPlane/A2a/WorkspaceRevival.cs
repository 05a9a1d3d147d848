using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>Looks, when a call has failed, whether the workspace's process is gone, and starts it again (spec/control-plane.md 4.3, the reactive check).</summary>
public sealed class WorkspaceRevival(MoleculeDatabase database, Provisioner provisioner)
{
    /// <summary>True where the process was gone and the workspace is being restarted.</summary>
    public async Task<bool> RestartIfEndedAsync(WorkspaceRow target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!await provisioner.HasEndedAsync(target, cancellation))
        {
            return false;
        }

        await database.TransactAsync(
            async connection => await WorkspaceStore.LockAsync(connection, target.Id) is { } row && row.InstanceId == target.InstanceId
                ? await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.LivenessLost)
                : default,
            cancellation);
        await provisioner.RestartAsync(target.Id, cancellation);
        return true;
    }
}
