using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Secrets;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>DELETE /workspaces/:id (spec/control-plane.md 4.6, without purge).</summary>
public sealed class WorkspaceDeletion(MoleculeDatabase database, SecretStore secrets, Provisioner provisioner)
{
    /// <param name="confirmed">Children go too.</param>
    public async Task<IResult> DeleteAsync(Guid id, bool confirmed, CancellationToken cancellation)
    {
        var outcome = await database.TransactAsync(
            async connection =>
            {
                var children = (await connection.QueryAsync<(Guid Id, string Name)>(
                    "SELECT id, name FROM workspaces WHERE parent_id = @id AND status <> 'removed' ORDER BY created_at, id", new { id })).ToArray();
                if (children.Length > 0 && !confirmed)
                {
                    return new Outcome(children, []);
                }

                // The state first: a heartbeat that races with this finds them removed.
                var removed = new List<WorkspaceRow>();
                foreach (var member in await WorkspaceStore.SubtreeAsync(connection, id))
                {
                    if (await WorkspaceStore.LockAsync(connection, member) is { } row)
                    {
                        await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.Remove);
                        removed.Add(row);
                    }
                }

                var ids = removed.ConvertAll(static row => row.Id);
                await connection.ExecuteAsync("DELETE FROM canvas_layouts WHERE workspace_id = ANY(@ids)", new { ids = ids.ToArray() });
                await TokenStore.RevokeAsync(connection, ids);
                await UsageTokens.RevokeAsync(connection, ids);
                return new Outcome([], removed);
            },
            cancellation);
        if (outcome.Unconfirmed.Count > 0)
        {
            return Reply.Json(StatusCodes.Status409Conflict, new WireMap
            {
                ["status"] = "confirmation_required",
                ["message"] = $"this workspace has {outcome.Unconfirmed.Count} children, which would be removed with it; repeat with ?confirm=true",
                ["children"] = outcome.Unconfirmed.Select(static child => new WireMap { ["id"] = child.Id, ["name"] = child.Name }).ToArray(),
                ["children_count"] = outcome.Unconfirmed.Count,
            });
        }

        var failures = new List<string>();
        foreach (var row in outcome.Removed)
        {
            // Not the caller's token: a caller that hangs up must not leave a process behind.
            if (await provisioner.StopAsync(row) is { } failure)
            {
                failures.Add($"{row.Id}: {failure}");
            }

            try
            {
                await database.TransactAsync(
                    async connection =>
                    {
                        await secrets.ForgetHeldAsync(connection, row.Id, CancellationToken.None);
                        return true;
                    },
                    CancellationToken.None);
            }
            catch (Aws.AwsException e)
            {
                failures.Add($"{row.Id}: its secrets are still there: {e.Message}");
            }
        }

        return failures.Count > 0
            ? Reply.Json(StatusCodes.Status500InternalServerError, new WireMap
            {
                ["error"] = "some workspaces could not be stopped",
                ["removed_count"] = outcome.Removed.Count,
                ["stop_failures"] = failures.ToArray(),
            })
            : Reply.Ok(new WireMap { ["status"] = "removed", ["cascade_deleted"] = Math.Max(0, outcome.Removed.Count - 1) });
    }

    private sealed record Outcome(IReadOnlyList<(Guid Id, string Name)> Unconfirmed, IReadOnlyList<WorkspaceRow> Removed);
}
