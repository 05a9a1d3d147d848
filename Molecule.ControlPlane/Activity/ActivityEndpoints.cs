using System.Globalization;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Activity;

/// <summary>What a workspace did (spec/control-plane.md 3.4).</summary>
public static class ActivityEndpoints
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 500;

    public static void MapActivity(this IEndpointRouteBuilder routes) => routes.MapGet("/workspaces/{id}/activity", ListAsync).RequireWorkspace();

    private static async Task<IResult> ListAsync(string id, HttpRequest request, MoleculeDatabase database, CancellationToken cancellation)
    {
        bool? isFromAgent;
        switch (request.Query["source"].ToString())
        {
            case "":
                isFromAgent = null;
                break;
            case "agent":
                isFromAgent = true;
                break;
            case "canvas":
                isFromAgent = false;
                break;
            default:
                return Reply.Error(StatusCodes.Status400BadRequest, "source must be 'canvas' or 'agent'");
        }

        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.Ok(Array.Empty<object>());
        }

        var type = request.Query["type"].ToString();
        var limit = int.TryParse(request.Query["limit"], CultureInfo.InvariantCulture, out var asked) && asked > 0 ? Math.Min(asked, LargestLimit) : DefaultLimit;
        var rows = await database.QueryAsync(
            connection => ActivityStore.ListAsync(connection, workspace, type.Length > 0 ? type : null, isFromAgent, limit), cancellation);
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }
}
