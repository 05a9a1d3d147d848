using System.Globalization;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Activity;

/// <summary>What a workspace did (spec/control-plane.md 3.4).</summary>
public static class ActivityEndpoints
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 500;

    public static void MapActivity(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/activity", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/activity", ReportAsync).RequireWorkspace();
    }

    private static async Task<IResult> ReportAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings)
    {
        var report = await RequestBody.ReadObjectAsync<ActivityReport>(context.Request, context.RequestAborted) ?? new ActivityReport();
        if (report.Problem(settings.IsCompat) is { } problem)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, problem);
        }

        if (!string.IsNullOrEmpty(report.SourceId) && report.SourceId != id)
        {
            return Reply.Error(StatusCodes.Status403Forbidden, "source_id must be the workspace's own ID");
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is null)
                {
                    return Reply.WorkspaceNotFound();
                }

                await ActivityStore.AddAsync(connection, report.ToRow(workspace));
                return Reply.Ok(new WireMap { ["status"] = "logged" });
            },
            context.RequestAborted);
    }

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
