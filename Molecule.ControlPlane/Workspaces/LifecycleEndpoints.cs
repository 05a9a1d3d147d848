using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>Pause, resume and hibernate on a user's word (spec/control-plane.md 3.2, 4.2, 4.4, 4.5).</summary>
public static class LifecycleEndpoints
{
    public static void MapLifecycle(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/pause", PauseAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/resume", ResumeAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/hibernate", HibernateAsync).RequireWorkspace();
    }

    private static async Task<IResult> PauseAsync(string id, MoleculeDatabase database, Provisioner provisioner, CancellationToken cancellation)
    {
        var paused = await ChangeSubtreeAsync(id, database, WorkspaceTrigger.Pause, cancellation);
        if (paused is null)
        {
            return Reply.WorkspaceNotFound();
        }

        // Not the caller's token: who hangs up must not leave a process behind.
        foreach (var row in paused)
        {
            await provisioner.StopAsync(row);
        }

        return Reply.Ok(new WireMap { ["status"] = "paused", ["paused_count"] = paused.Count });
    }

    private static async Task<IResult> ResumeAsync(string id, MoleculeDatabase database, Provisioner provisioner, CancellationToken cancellation)
    {
        var above = Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(
                async connection => await WorkspaceStore.FindAsync(connection, workspace) is { Status: WorkspaceStatus.Paused } row ? (Row: row, Paused: await PausedAboveAsync(connection, row)) : default,
                cancellation)
            : default;
        if (above.Row is null)
        {
            return Reply.WorkspaceNotFound();
        }

        if (above.Paused is { } paused)
        {
            return PausedAncestor(paused);
        }

        if (!provisioner.IsThere)
        {
            return Unavailable();
        }

        var resumed = await ChangeSubtreeAsync(id, database, WorkspaceTrigger.Resume, cancellation) ?? [];
        foreach (var row in resumed)
        {
            provisioner.Enqueue(row.Id);
        }

        return Reply.Ok(new WireMap { ["status"] = "provisioning", ["resumed_count"] = resumed.Count });
    }

    private static async Task<IResult> HibernateAsync(string id, HttpRequest request, MoleculeDatabase database, Provisioner provisioner, CancellationToken cancellation)
    {
        var isForced = request.Query["force"] == "true";
        var (row, refused) = await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } locked)
                {
                    return (null, Reply.WorkspaceNotFound());
                }

                if (locked.ActiveTasks > 0 && !isForced)
                {
                    return (null, Reply.Json(StatusCodes.Status409Conflict, new WireMap { ["error"] = "workspace is busy", ["active_tasks"] = locked.ActiveTasks }));
                }

                return (await WorkspaceStore.ApplyAsync(connection, locked, WorkspaceTrigger.Hibernate)).IsRefused ? (null, Reply.WorkspaceNotFound()) : ((WorkspaceRow?)locked, (IResult?)null);
            },
            cancellation);
        if (row is null)
        {
            return refused!;
        }

        await provisioner.StopAsync(row);
        await database.TransactAsync(
            async connection => await WorkspaceStore.LockAsync(connection, row.Id) is { } claimed && !(await WorkspaceStore.ApplyAsync(connection, claimed, WorkspaceTrigger.HibernateStopped)).IsRefused,
            CancellationToken.None);
        return Reply.Ok(new WireMap { ["status"] = "hibernated" });
    }

    // The root decides; those below that cannot change stay as they are. Null where the root is not there or is refused.
    private static Task<IReadOnlyList<WorkspaceRow>?> ChangeSubtreeAsync(string id, MoleculeDatabase database, WorkspaceTrigger trigger, CancellationToken cancellation) => database.TransactAsync<IReadOnlyList<WorkspaceRow>?>(
        async connection =>
        {
            if (!Guid.TryParse(id, out var root) || await WorkspaceStore.LockAsync(connection, root) is not { Status: not WorkspaceStatus.Removed } top || WorkspaceTransitions.Apply(top.Status, trigger).IsRefused)
            {
                return null;
            }

            var changed = new List<WorkspaceRow>();
            foreach (var member in await WorkspaceStore.SubtreeAsync(connection, root))
            {
                if (await WorkspaceStore.LockAsync(connection, member) is { } row && !(await WorkspaceStore.ApplyAsync(connection, row, trigger)).IsRefused)
                {
                    await connection.ExecuteAsync("UPDATE workspaces SET url = NULL WHERE id = @member", new { member });
                    changed.Add(row);
                }
            }

            return changed;
        },
        cancellation);

    internal static async Task<string?> PausedAboveAsync(NpgsqlConnection connection, WorkspaceRow row)
    {
        for (var (parent, depth) = (row.ParentId, 0); parent is { } id && depth < 32; depth++)
        {
            if (await WorkspaceStore.FindAsync(connection, id) is not { } above)
            {
                return null;
            }

            if (above.Status is WorkspaceStatus.Paused)
            {
                return above.Name;
            }

            parent = above.ParentId;
        }

        return null;
    }

    internal static IResult PausedAncestor(string name) => Reply.Error(StatusCodes.Status409Conflict, $"parent workspace \"{name}\" is paused — resume it first");

    internal static IResult Unavailable() => Reply.Error(StatusCodes.Status503ServiceUnavailable, "provisioner not available");
}
