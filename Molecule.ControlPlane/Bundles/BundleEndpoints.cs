using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Bundles;

/// <summary>Export and import of workspaces (spec/control-plane.md 3.8, 9.4): all of a tree or nothing.</summary>
public static class BundleEndpoints
{
    private const int Deepest = 32;

    public static void MapBundles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/bundles/export/{id}", ExportAsync).RequireAdmin();
        routes.MapPost("/bundles/import", ImportAsync).RequireAdmin();
    }

    private static async Task<IResult> ExportAsync(string id, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && await database.QueryAsync(connection => ReadTreeAsync(connection, workspace, 0), cancellation) is { } bundle
            ? Reply.Ok(bundle)
            : Reply.Error(StatusCodes.Status404NotFound, "bundle not found");

    private static async Task<WireMap?> ReadTreeAsync(NpgsqlConnection connection, Guid workspace, int depth)
    {
        if (depth > Deepest || await WorkspaceStore.FindAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } row)
        {
            return null;
        }

        var children = new List<WireMap>();
        foreach (var child in await connection.QueryAsync<Guid>("SELECT id FROM workspaces WHERE parent_id = @workspace AND status <> 'removed' ORDER BY created_at, id", new { workspace }))
        {
            if (await ReadTreeAsync(connection, child, depth + 1) is { } exported)
            {
                children.Add(exported);
            }
        }

        return Bundle.Of(row, children);
    }

    private static async Task<IResult> ImportAsync(HttpContext context, MoleculeDatabase database, WorkspaceCreation creation, Provisioner provisioner)
    {
        if (await RequestBody.ReadObjectAsync<Bundle>(context.Request, context.RequestAborted) is not { } bundle || bundle.Problem() is not null)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid bundle");
        }

        var written = new List<Guid>();
        var tree = await database.TransactAsync(connection => WriteTreeAsync(connection, creation, bundle, null, written), context.RequestAborted);
        written.ForEach(id => provisioner.Enqueue(id));
        return Reply.Created(tree);
    }

    private static async Task<WireMap> WriteTreeAsync(NpgsqlConnection connection, WorkspaceCreation creation, Bundle bundle, Guid? parent, List<Guid> written)
    {
        var id = await creation.ImportAsync(connection, bundle.ToRequest(parent), bundle.Id);
        written.Add(id);
        var reply = new WireMap { ["workspace_id"] = id, ["name"] = bundle.Name, ["status"] = "provisioning" };
        var children = new List<WireMap>();
        foreach (var child in bundle.Children)
        {
            children.Add(await WriteTreeAsync(connection, creation, child, id, written));
        }

        if (children.Count > 0)
        {
            reply["children"] = children.ToArray();
        }

        return reply;
    }
}
