using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Templates;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>
/// Restarts on a user's word (spec/control-plane.md 3.2, 4.4). A hard one gives the workspace a new file system, into which its data is brought; the
/// snapshots that are taken for it can be listed and restored, which is ours (docs/decisions/0024).
/// </summary>
public static class RestartEndpoints
{
    private const string ExistingVolume = "existing-volume";
    private const int BodyLimit = 64 * 1024;

    public static void MapRestarts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/restart", RestartAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/snapshots", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/snapshots/{name}/restore", RestoreAsync).RequireWorkspace();
    }

    private static async Task<IResult> RestartAsync(string id, HttpContext context, MoleculeDatabase database, Provisioner provisioner, NodeClient node, TemplateFolder templates)
    {
        var (bytes, _) = await RequestBody.ReadAsync(context.Request, BodyLimit, context.RequestAborted);
        if (!RequestBody.TryParse<RestartBody>(bytes, out var body))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        var isReset = body?.Reset is true || context.Request.Query["reset"] == "true";
        if (CreateRequest.IsOutside(body?.Template))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid template");
        }

        var isHard = body is { Template.Length: > 0 } or { ApplyTemplate: true } or { RebuildConfig: true };
        return await StartAnewAsync(id, new Start(isHard, Restores: null, isReset) { Template = body?.Template, AppliesDefault = body?.ApplyTemplate is true }, database, provisioner, node, templates, context.RequestAborted);
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, Provisioner provisioner, NodeClient node, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace) || await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation) is not { Status: not WorkspaceStatus.Removed })
        {
            return Reply.WorkspaceNotFound();
        }

        if (!provisioner.IsThere)
        {
            return LifecycleEndpoints.Unavailable();
        }

        try
        {
            var found = await node.SnapshotsAsync(workspace, cancellation);
            return Reply.Ok(found.Select(static one => new WireMap { ["bytes"] = one.Bytes, ["name"] = one.Name }).ToArray());
        }
        catch (NodeException e)
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    private static Task<IResult> RestoreAsync(string id, string name, MoleculeDatabase database, Provisioner provisioner, NodeClient node, TemplateFolder templates, CancellationToken cancellation) =>
        StartAnewAsync(id, new Start(IsHard: true, name, IsReset: false), database, provisioner, node, templates, cancellation);

    private static async Task<IResult> StartAnewAsync(
        string id, Start start, MoleculeDatabase database, Provisioner provisioner, NodeClient node, TemplateFolder templates, CancellationToken cancellation)
    {
        // Asked while it still runs: what cannot be done must not stop it.
        if (start.IsHard && provisioner.IsThere && Guid.TryParse(id, out var named)
            && await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, named), cancellation) is { Status: not WorkspaceStatus.Removed })
        {
            try
            {
                if (await node.FindSwapProblemAsync(named, start.Restores, cancellation) is { } problem)
                {
                    return Reply.Error(problem.Status, problem.Message);
                }
            }
            catch (NodeException e)
            {
                return Reply.Error(StatusCodes.Status503ServiceUnavailable, e.Message);
            }
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                if (await LifecycleEndpoints.PausedAboveAsync(connection, row) is { } paused)
                {
                    return LifecycleEndpoints.PausedAncestor(paused);
                }

                if (!provisioner.IsThere)
                {
                    return LifecycleEndpoints.Unavailable();
                }

                if (start.Template is { Length: > 0 } wanted && templates.ProblemWith(wanted, row.Runtime) is { } problem)
                {
                    return WorkspaceCreation.Refuse(TemplateFolder.Unavailable, problem);
                }

                // Of an org template nothing is kept that could be staged again: rebuild_config alone leaves the files as they are.
                var template = start.Template is { Length: > 0 } chosen ? templates.Find(chosen) : start.AppliesDefault ? templates.DefaultOf(row.Runtime) : null;
                if (template is not null)
                {
                    await templates.StageAsync(connection, workspace, template);
                }

                await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.Restart);
                await connection.ExecuteAsync(
                    "UPDATE workspaces SET start_recreates = @IsHard, start_restores = @Restores WHERE id = @workspace", new { start.IsHard, start.Restores, workspace });
                await TokenStore.RevokeAsync(connection, [workspace]);
                provisioner.Enqueue(workspace, start.IsReset);
                return Reply.Ok(new WireMap { ["status"] = "provisioning", ["config_dir"] = template?.Id ?? ExistingVolume, ["reset_session"] = start.IsReset });
            },
            cancellation);
    }

    private sealed record Start(bool IsHard, string? Restores, bool IsReset)
    {
        public string? Template { get; init; }

        public bool AppliesDefault { get; init; }
    }

    private sealed record RestartBody(bool? Reset, string? Template, bool? ApplyTemplate, bool? RebuildConfig);
}
