using System.Collections.Immutable;
using Molecule.Aws;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Secrets.Managed;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Secrets;

/// <summary>A workspace's secrets (spec/control-plane.md 3.7). Values leave by one route only.</summary>
public static class SecretEndpoints
{
    private static readonly string[] Write = [HttpMethods.Post, HttpMethods.Put];

    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/secrets", ListAsync).RequireWorkspace();
        routes.MapMethods("/workspaces/{id}/secrets", Write, SaveAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/secrets/{key}", DeleteAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/secrets/values", ReadAsync).RequireWorkspace().RequireOwn();
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var keys = await database.QueryAsync(connection => SecretStore.ListAsync(connection, workspace), cancellation);
        return Reply.Ok(keys.Select(static key => key.ToItem()).ToArray());
    }

    private static async Task<IResult> SaveAsync(string id, HttpContext context, MoleculeDatabase database, SecretStore secrets, Provisioner provisioner)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        if (await RequestBody.ReadObjectAsync<SecretBody>(context.Request, context.RequestAborted) is not { Key: { } key, Value: { } value }
            || !CreateRequest.VariableName.IsMatch(key))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        bool exists;
        try
        {
            exists = await database.TransactAsync(
                async connection =>
                {
                    if (await WorkspaceStore.LockAsync(connection, workspace) is null)
                    {
                        return false;
                    }

                    await secrets.SaveAsync(connection, workspace, ImmutableDictionary<string, string>.Empty.Add(key, value), context.RequestAborted);
                    return true;
                },
                context.RequestAborted);
        }
        catch (SecretTooLargeException e)
        {
            return TooLarge(e);
        }
        catch (AwsException e)
        {
            return NotTaken(e);
        }

        if (!exists)
        {
            return Reply.WorkspaceNotFound();
        }

        await provisioner.RestartAsync(workspace, CancellationToken.None, settles: true);
        return Reply.Ok(new WireMap { ["status"] = "saved", ["key"] = key });
    }

    /// <summary>503, for nothing was changed and a later try may do.</summary>
    internal static IResult NotTaken(AwsException e) => Reply.Error(StatusCodes.Status503ServiceUnavailable, $"the secrets manager did not do it: {e.Message}");

    /// <summary>400: no later try will do.</summary>
    internal static IResult TooLarge(SecretTooLargeException e) => Reply.Error(StatusCodes.Status400BadRequest, e.Message);

    private static async Task<IResult> DeleteAsync(string id, string key, MoleculeDatabase database, SecretStore secrets, Provisioner provisioner, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        try
        {
            if (!await database.TransactAsync(connection => secrets.DeleteAsync(connection, workspace, key, cancellation), cancellation))
            {
                return Reply.Error(StatusCodes.Status404NotFound, "secret not found");
            }
        }
        catch (AwsException e)
        {
            return NotTaken(e);
        }

        await provisioner.RestartAsync(workspace, CancellationToken.None, settles: true);
        return Reply.Ok(new WireMap { ["status"] = "deleted", ["key"] = key });
    }

    private static async Task<IResult> ReadAsync(string id, MoleculeDatabase database, SecretStore secrets, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var (values, failed) = await database.QueryAsync(connection => secrets.ReadAsync(connection, workspace), cancellation);
        if (!failed.IsEmpty)
        {
            return Reply.Json(
                StatusCodes.Status500InternalServerError,
                new WireMap { ["error"] = "some secrets could not be decrypted", ["failed_keys"] = failed.ToArray() });
        }

        if (values.Where(static v => v.Value.IsHeld).Select(static v => v.Key).ToArray() is { Length: > 0 } held)
        {
            return Reply.Json(
                StatusCodes.Status500InternalServerError,
                new WireMap { ["error"] = "some secrets are held by the secrets manager, which the control plane cannot read", ["failed_keys"] = held });
        }

        var reply = new WireMap();
        foreach (var (key, secret) in values)
        {
            reply[key] = secret.Value;
        }

        return Reply.Ok(reply);
    }
}
