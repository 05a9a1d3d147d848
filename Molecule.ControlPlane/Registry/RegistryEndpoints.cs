using System.Text.Json;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Registry;

/// <summary>Agents come and stay: register and heartbeat (spec/control-plane.md 3.3).</summary>
public static class RegistryEndpoints
{
    public static void MapRegistry(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/registry/register", RegisterAsync);
        routes.MapPost("/registry/heartbeat", HeartbeatAsync);
    }

    private static async Task<IResult> RegisterAsync(HttpContext context, AccessRules access, Registration registration, Settings settings)
    {
        var body = await RequestBody.ReadObjectAsync<RegisterBody>(context.Request, context.RequestAborted);
        if (body is not { Url: { Length: > 0 } url, AgentCard: { ValueKind: JsonValueKind.Object } card }
            || !Guid.TryParse(body.Id, out var workspace)
            || !await AgentUrl.MayRegisterAsync(url, settings, context.RequestAborted))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        if (await access.RegistryAsync(context, workspace) is { } refused)
        {
            return refused;
        }

        var reply = new WireMap { ["status"] = "registered" };
        if (await registration.RegisterAsync(workspace, url, card, context.RequestAborted) is { } token)
        {
            reply["auth_token"] = token;
        }

        return Reply.Ok(reply);
    }

    private static async Task<IResult> HeartbeatAsync(HttpContext context, AccessRules access, Heartbeats heartbeats)
    {
        var beat = await RequestBody.ReadObjectAsync<Heartbeat>(context.Request, context.RequestAborted);
        if (beat?.WorkspaceId is not { Length: > 0 } id)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        // 200 even for an unknown id (spec/control-plane.md 3.3).
        if (Guid.TryParse(id, out var workspace))
        {
            if (await access.RegistryAsync(context, workspace) is { } refused)
            {
                return refused;
            }

            if (!await heartbeats.TakeAsync(workspace, beat, Bearer.Of(context.Request), context.RequestAborted))
            {
                return Reply.Error(StatusCodes.Status401Unauthorized, "invalid workspace auth token");
            }
        }

        return Reply.Ok(new WireMap { ["status"] = "ok" });
    }

    private sealed record RegisterBody(string? Id, string? Url, JsonElement? AgentCard);
}
