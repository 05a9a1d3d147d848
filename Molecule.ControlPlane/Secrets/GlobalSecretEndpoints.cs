using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Secrets;

/// <summary>Secrets of all workspaces, below their own (spec/control-plane.md 3.7, 9.1). A change restarts every workspace that sees it.</summary>
public static class GlobalSecretEndpoints
{
    public static void MapGlobalSecrets(this IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/settings/secrets", "/admin/secrets"])
        {
            routes.MapGet(path, ListAsync).RequireAdmin();
            routes.MapPost(path, SaveAsync).RequireAdmin();
            routes.MapDelete(path + "/{key}", DeleteAsync).RequireAdmin();
        }

        routes.MapPut("/settings/secrets", SaveAsync).RequireAdmin();
    }

    private static async Task<IResult> ListAsync(MoleculeDatabase database, CancellationToken cancellation)
    {
        var keys = await database.QueryAsync(SecretStore.ListGlobalAsync, cancellation);
        return Reply.Ok(keys.Select(static key => key.ToItem()).ToArray());
    }

    private static async Task<IResult> SaveAsync(HttpContext context, MoleculeDatabase database, SecretStore secrets, Provisioner provisioner)
    {
        if (await RequestBody.ReadObjectAsync<SecretBody>(context.Request, context.RequestAborted) is not { Key: { } key, Value: { } value } || !CreateRequest.VariableName.IsMatch(key))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        var seen = await database.TransactAsync(
            async connection =>
            {
                await secrets.SaveGlobalAsync(connection, key, value);
                return await WhoSeesAsync(connection, key);
            },
            context.RequestAborted);
        await RestartAsync(provisioner, seen);
        return Reply.Ok(new WireMap { ["status"] = "saved", ["key"] = key, ["scope"] = "global" });
    }

    private static async Task<IResult> DeleteAsync(string key, MoleculeDatabase database, Provisioner provisioner, CancellationToken cancellation)
    {
        var seen = await database.TransactAsync(
            async connection => await SecretStore.DeleteGlobalAsync(connection, key) ? await WhoSeesAsync(connection, key) : null, cancellation);
        if (seen is null)
        {
            return Reply.Error(StatusCodes.Status404NotFound, "secret not found");
        }

        await RestartAsync(provisioner, seen);
        return Reply.Ok(new WireMap { ["status"] = "deleted", ["key"] = key, ["scope"] = "global" });
    }

    private static async Task<Guid[]?> WhoSeesAsync(Npgsql.NpgsqlConnection connection, string key) => [.. await connection.QueryAsync<Guid>(
        """
        SELECT id FROM workspaces w WHERE status NOT IN ('removed', 'paused') AND runtime <> 'external'
        AND NOT EXISTS (SELECT 1 FROM workspace_secrets s WHERE s.workspace_id = w.id AND s.key = @key) ORDER BY created_at
        """,
        new { key })];

    // It is saved: who hangs up now must not keep half of them on the old value.
    private static async Task RestartAsync(Provisioner provisioner, Guid[]? workspaces)
    {
        foreach (var workspace in workspaces ?? [])
        {
            await provisioner.RestartAsync(workspace, CancellationToken.None, settles: true);
        }
    }
}
