using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Registry;

/// <summary>POST /registry/register (spec/control-plane.md 3.3): the agent's address and card are kept, the workspace is online.</summary>
public sealed class Registration(MoleculeDatabase database)
{
    /// <summary>Registers an agent. Ends with the workspace's new token, if it had no live one; a removed workspace stays removed and gets none.</summary>
    public Task<string?> RegisterAsync(Guid workspace, string url, JsonElement card, CancellationToken cancellation) => database.TransactAsync(
        async connection =>
        {
            // An unknown id is created under its own name.
            await connection.ExecuteAsync(
                "INSERT INTO workspaces (id, name, status) VALUES (@workspace, @name, 'provisioning') ON CONFLICT (id) DO NOTHING",
                new { workspace, name = workspace.ToString() });
            var row = (await WorkspaceStore.LockAsync(connection, workspace))!;
            if (row.Status is WorkspaceStatus.Removed)
            {
                return null;
            }

            // The provisioner of the product stores the published port under 127.0.0.1; the agent itself does not know it.
            var kept = row.Url is { } known && known.StartsWith("http://127.0.0.1", StringComparison.Ordinal) ? known : url;
            await connection.ExecuteAsync(
                "UPDATE workspaces SET url = @kept, agent_card = @card::jsonb, last_heartbeat_at = now(), updated_at = now() WHERE id = @workspace",
                new { kept, card = card.GetRawText(), workspace });
            await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.Register, new WireMap { ["url"] = kept, ["agent_card"] = card });
            return await TokenStore.HasLiveAsync(connection, workspace) ? null : await TokenStore.MintAsync(connection, workspace);
        },
        cancellation);
}
