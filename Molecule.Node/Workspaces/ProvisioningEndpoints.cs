using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json;
using System.Text.RegularExpressions;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Provisioning;

namespace Molecule.Node.Workspaces;

/// <summary>The provisioning wire (spec/control-plane.md 5.2), and pause, resume and kill, which are ours.</summary>
public static partial class ProvisioningEndpoints
{
    public static void MapProvisioning(this WebApplication app)
    {
        var group = app.MapGroup("/cp/workspaces").AddEndpointFilter<SharedSecretFilter>();
        group.MapPost("/provision", ProvisionAsync);
        group.MapGet("/{id}/snapshots", static (string id, Volumes.WorkspaceData data) =>
            IdShape().IsMatch(id) ? Results.Json(data.Snapshots(id), ContractJson.Compact) : Error(StatusCodes.Status404NotFound, "no such workspace"));
        group.MapGet("/{id}/swap", MaySwapAsync);
        group.MapGet("/{id}/status", static (string id, string? instance_id, WorkspaceFleet fleet) => Answer(fleet.Find(id, instance_id)?.Status));
        group.MapDelete("/{id}", static async (string id, string? instance_id, WorkspaceFleet fleet, CancellationToken cancellationToken) =>
            Answer(await fleet.StopAsync(id, instance_id, cancellationToken)));
        group.MapPost("/{id}/pause", static (string id, string? instance_id, WorkspaceFleet fleet, CancellationToken cancellationToken) =>
            ChangeAsync(id, instance_id, fleet, static i => i.PauseAsync(), cancellationToken));
        group.MapPost("/{id}/resume", static (string id, string? instance_id, WorkspaceFleet fleet, CancellationToken cancellationToken) =>
            ChangeAsync(id, instance_id, fleet, static i => i.ResumeAsync(), cancellationToken));
        group.MapPost("/{id}/kill", static (string id, string? instance_id, WorkspaceFleet fleet, CancellationToken cancellationToken) =>
            ChangeAsync(id, instance_id, fleet, static i => i.KillAsync(), cancellationToken));
    }

    private static async Task<IResult> ProvisionAsync(HttpContext context, WorkspaceFleet fleet, ILogger<WorkspaceFleet> logger)
    {
        ProvisionRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync<ProvisionRequest>(context.Request.Body, ContractJson.Compact, context.RequestAborted);
        }
        catch (JsonException e)
        {
            return Error(StatusCodes.Status400BadRequest, $"The body is no provisioning request: {e.Message}");
        }

        if (Problem(request) is { } problem)
        {
            return Error(StatusCodes.Status400BadRequest, problem);
        }

        try
        {
            // Not given up when the caller goes: half a provisioning would be an incarnation that nobody knows.
            var status = await fleet.ProvisionAsync(request!, CancellationToken.None);
            return Results.Json(status, ContractJson.Compact, statusCode: StatusCodes.Status201Created);
        }
        catch (Volumes.DiskFullException e)
        {
            logger.LogError("Workspace {Workspace} is not swapped: {Message}", request!.WorkspaceId, e.Message);
            return Error(StatusCodes.Status507InsufficientStorage, e.Message);
        }
        catch (Volumes.SnapshotException e)
        {
            logger.LogError("Workspace {Workspace} is not swapped: {Message}", request!.WorkspaceId, e.Message);
            return Error(StatusCodes.Status409Conflict, e.Message);
        }
        catch (Exception e) when (e is EngineMissingException or NodeStoppingException or Desktops.DesktopException)
        {
            logger.LogError("Workspace {Workspace} is not provisioned: {Message}", request!.WorkspaceId, e.Message);
            return Error(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            logger.LogError("Workspace {Workspace} cannot be started: {Message}", request!.WorkspaceId, e.Message);
            return Error(StatusCodes.Status500InternalServerError, $"The workspace cannot be started: {e.Message}");
        }
    }

    // Whether a swap could be made now: asked before a workspace is stopped for it.
    private static async Task<IResult> MaySwapAsync(string id, string? restore, Volumes.WorkspaceData data, CancellationToken cancellationToken)
    {
        if (!IdShape().IsMatch(id))
        {
            return Error(StatusCodes.Status404NotFound, "no such workspace");
        }

        try
        {
            await data.EnsureItCanBeSwappedAsync(id, restore, cancellationToken);
            return Results.NoContent();
        }
        catch (Volumes.DiskFullException e)
        {
            return Error(StatusCodes.Status507InsufficientStorage, e.Message);
        }
        catch (Volumes.SnapshotException e)
        {
            return Error(StatusCodes.Status409Conflict, e.Message);
        }
    }

    private static async Task<IResult> ChangeAsync(string id, string? instance, WorkspaceFleet fleet, Func<IWorkspaceInstance, Task> change, CancellationToken cancellationToken) =>
        Answer(await fleet.ChangeAsync(id, instance, change, cancellationToken));

    private static string? Problem(ProvisionRequest? request)
    {
        if (request is null)
        {
            return "The body is no provisioning request: it is null.";
        }

        if (!IdShape().IsMatch(request.WorkspaceId))
        {
            return "workspace_id has to begin with a lower-case letter or a digit and go on with those and '-', at most 128 characters.";
        }

        return request.Env.Where(static e => !NameShape().IsMatch(e.Key) || e.Value.Contains('\0', StringComparison.Ordinal)).Select(static e => e.Key).ToImmutableArray() is [var bad, ..]
            ? $"env holds '{bad}': a name is letters, digits and '_', a value holds no NUL."
            : null;
    }

    private static IResult Answer(InstanceStatus? status) =>
        status is null ? Error(StatusCodes.Status404NotFound, "no such instance of that workspace") : Results.Json(status, ContractJson.Compact);

    private static IResult Error(int status, string message) => Results.Json(new { error = message }, statusCode: status);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,127}\z")]
    private static partial Regex IdShape();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex NameShape();
}
