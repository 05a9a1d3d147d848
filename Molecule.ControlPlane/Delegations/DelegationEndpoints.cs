using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Delegations;

/// <summary>Tasks that a workspace hands to another (spec/control-plane.md 3.3).</summary>
public static class DelegationEndpoints
{
    private const int Most = 50;

    public static void MapDelegations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/delegate", DelegateAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/delegations", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/delegations/record", RecordAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/delegations/{delegation}/update", UpdateAsync).RequireWorkspace();
    }

    private static async Task<IResult> DelegateAsync(string id, HttpContext context, MoleculeDatabase database, DelegationStore delegations, DelegationWorker worker)
    {
        if (await RequestBody.ReadObjectAsync<DelegateBody>(context.Request, context.RequestAborted) is not { Task: { Length: > 0 } task, TargetId: { Length: > 0 } target } body)
        {
            return BadRequest("invalid request body");
        }

        if (!Guid.TryParse(target, out var to))
        {
            return BadRequest("target_id must be a valid UUID");
        }

        if (target.Equals(id, StringComparison.OrdinalIgnoreCase))
        {
            return BadRequest("cannot delegate to self");
        }

        Delegation? added = null;
        var reply = await database.TransactAsync(
            async connection =>
            {
                // The lock makes two of the same key take turns.
                if (!Guid.TryParse(id, out var source) || await WorkspaceStore.LockAsync(connection, source) is not { Status: not WorkspaceStatus.Removed })
                {
                    return Reply.WorkspaceNotFound();
                }

                var key = string.IsNullOrEmpty(body.IdempotencyKey) ? null : body.IdempotencyKey;
                if (key is not null && await delegations.FindByKeyAsync(connection, source, key) is { } known)
                {
                    return Reply.Ok(new WireMap { ["delegation_id"] = known.DelegationId, ["status"] = known.Status, ["target_id"] = known.TargetId, ["idempotent_hit"] = true });
                }

                added = new Delegation { Id = Guid.NewGuid().ToString(), Source = source, Target = to.ToString(), Task = task };
                await delegations.AddAsync(connection, added, "pending", key);
                return Reply.Json(StatusCodes.Status202Accepted, new WireMap { ["delegation_id"] = added.Id, ["status"] = "delegated", ["target_id"] = added.Target });
            },
            context.RequestAborted);
        if (added is not null)
        {
            worker.Enqueue(added);
        }

        return reply;
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, DelegationStore delegations, CancellationToken cancellation)
    {
        var rows = Guid.TryParse(id, out var workspace) ? await database.QueryAsync(connection => delegations.ListAsync(connection, workspace, Most), cancellation) : [];
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }

    private static async Task<IResult> RecordAsync(string id, HttpContext context, MoleculeDatabase database, DelegationStore delegations)
    {
        if (await RequestBody.ReadObjectAsync<RecordBody>(context.Request, context.RequestAborted)
            is not { Task: { Length: > 0 } task, DelegationId: { Length: > 0 } delegation, TargetId: { Length: > 0 } target } || !Guid.TryParse(target, out var to))
        {
            return BadRequest("invalid request body");
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var source) || await WorkspaceStore.LockAsync(connection, source) is not { Status: not WorkspaceStatus.Removed })
                {
                    return Reply.WorkspaceNotFound();
                }

                await delegations.AddAsync(connection, new Delegation { Id = delegation, Source = source, Target = to.ToString(), Task = task }, "dispatched", null);
                return Reply.Json(StatusCodes.Status202Accepted, new WireMap { ["delegation_id"] = delegation, ["status"] = "recorded" });
            },
            context.RequestAborted);
    }

    private static async Task<IResult> UpdateAsync(string id, string delegation, HttpContext context, MoleculeDatabase database, DelegationStore delegations)
    {
        if (await RequestBody.ReadObjectAsync<UpdateBody>(context.Request, context.RequestAborted) is not { Status: "completed" or "failed" } body)
        {
            return BadRequest("status must be 'completed' or 'failed'");
        }

        var error = body.Status == "failed" ? (string.IsNullOrEmpty(body.Error) ? "failed" : body.Error) : null;
        var isFound = Guid.TryParse(id, out var source)
            && await database.TransactAsync(connection => delegations.FinishAsync(connection, source, delegation, body.ResponsePreview, error), context.RequestAborted);
        return isFound
            ? Reply.Ok(new WireMap { ["status"] = body.Status, ["delegation_id"] = delegation })
            : Reply.Error(StatusCodes.Status404NotFound, "delegation not found or already over");
    }

    private static IResult BadRequest(string problem) => Reply.Error(StatusCodes.Status400BadRequest, problem);

    private sealed record DelegateBody(string? TargetId, string? Task, string? IdempotencyKey);

    private sealed record RecordBody(string? TargetId, string? Task, string? DelegationId);

    private sealed record UpdateBody(string? Status, string? Error, string? ResponsePreview);
}
