using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Secrets;

/// <summary>GET, PUT /workspaces/:id/model: kept as the secret MODEL_PROVIDER (spec/control-plane.md 3.7).</summary>
public static class ModelEndpoints
{
    private const string Key = "MODEL_PROVIDER";

    public static void MapModel(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/model", GetAsync).RequireWorkspace();
        routes.MapPut("/workspaces/{id}/model", PutAsync).RequireWorkspace();
    }

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, SecretStore secrets, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        return await database.QueryAsync(
            async connection =>
            {
                if (await WorkspaceStore.FindAsync(connection, workspace) is not { } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                var (values, failed) = await secrets.ReadAsync(connection, workspace);
                if (failed.Contains(Key))
                {
                    return Reply.Json(StatusCodes.Status500InternalServerError, new WireMap { ["error"] = "some secrets could not be decrypted", ["failed_keys"] = new[] { Key } });
                }

                return values.TryGetValue(Key, out var chosen)
                    ? Reply.Ok(new WireMap { ["model"] = chosen.Value, ["source"] = "workspace_secrets" })
                    : Reply.Ok(new WireMap { ["model"] = row.Model ?? "", ["source"] = "default" });
            },
            cancellation);
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, MoleculeDatabase database, SecretStore secrets, Provisioner provisioner)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        if (await RequestBody.ReadObjectAsync<ModelBody>(context.Request, context.RequestAborted) is not { Model: { } model } || !CreateRequest.IsLine(model, 100))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        var isThere = await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed })
                {
                    return false;
                }

                if (model.Length > 0)
                {
                    await secrets.SaveAsync(connection, workspace, Key, model);
                }
                else
                {
                    await secrets.DeleteAsync(connection, workspace, Key, context.RequestAborted);
                }

                return true;
            },
            context.RequestAborted);
        if (!isThere)
        {
            return Reply.WorkspaceNotFound();
        }

        await provisioner.RestartAsync(workspace, CancellationToken.None, settles: true);
        return Reply.Ok(model.Length > 0 ? new WireMap { ["status"] = "saved", ["model"] = model } : new WireMap { ["status"] = "cleared" });
    }

    private sealed record ModelBody(string? Model);
}
