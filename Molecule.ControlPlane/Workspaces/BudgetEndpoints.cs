using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>What a workspace may spend, in US cents (spec/control-plane.md 3.2). Only an admin sets it: a workspace that could would have no limit.</summary>
public static class BudgetEndpoints
{
    public static void MapBudget(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/budget", GetAsync).RequireWorkspace();
        routes.MapPatch("/workspaces/{id}/budget", PatchAsync).RequireAdmin();
    }

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation) is { } row
            ? Reply.Ok(Item(row.BudgetLimit, row.MonthlySpend))
            : Reply.WorkspaceNotFound();

    private static async Task<IResult> PatchAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadJsonAsync(context.Request, context.RequestAborted) is not { ValueKind: JsonValueKind.Object } body || !body.TryGetProperty("budget_limit", out var limit))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "budget_limit is required: a number of US cents, or null for no limit");
        }

        long? cents = null;
        if (limit.ValueKind is not JsonValueKind.Null)
        {
            if (limit.ValueKind is not JsonValueKind.Number || !limit.TryGetInt64(out var number) || number < 0)
            {
                return Reply.Error(StatusCodes.Status400BadRequest, "budget_limit must be a whole number of US cents, 0 or more, or null");
            }

            cents = number;
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                await connection.ExecuteAsync("UPDATE workspaces SET budget_limit = @cents, updated_at = now() WHERE id = @workspace", new { cents, workspace });
                return Reply.Ok(Item(cents, row.MonthlySpend));
            },
            context.RequestAborted);
    }

    private static WireMap Item(long? limit, long spend) => new()
    {
        ["budget_limit"] = limit,
        ["monthly_spend"] = spend,
        ["budget_remaining"] = limit is null ? null : Math.Max(0, limit.Value - spend),
    };
}
