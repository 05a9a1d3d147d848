using System.Collections.Immutable;
using System.Text;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Activity;

/// <summary>POST /workspaces/:id/notify: an agent speaks to the user unasked (spec/control-plane.md 3.4).</summary>
public static class NotifyEndpoints
{
    public static void MapNotify(this IEndpointRouteBuilder routes) => routes.MapPost("/workspaces/{id}/notify", NotifyAsync).RequireWorkspace();

    private static async Task<IResult> NotifyAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        var body = await RequestBody.ReadObjectAsync<Notice>(context.Request, context.RequestAborted);
        if (body is not { Message: { Length: > 0 } message })
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "message is required");
        }

        var attachments = body.Attachments.IsDefault ? [] : body.Attachments;
        for (var i = 0; i < attachments.Length; i++)
        {
            if (attachments[i] is not { Uri.Length: > 0, Name.Length: > 0 })
            {
                return Reply.Error(StatusCodes.Status400BadRequest, $"attachment[{i}]: uri and name are required");
            }
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                await ActivityStore.AddAsync(connection, new ActivityRow
                {
                    WorkspaceId = workspace,
                    ActivityType = "a2a_receive",
                    Method = "notify",
                    Summary = message,
                    Status = "ok",
                    ResponseBody = Encoding.UTF8.GetString(WireJson.Serialize(Stored(message, attachments)).Span),
                });
                var payload = new WireMap { ["message"] = message, ["workspace_id"] = workspace, ["name"] = row.Name };
                if (attachments.Length > 0)
                {
                    payload["attachments"] = attachments.Select(static a => a.ToMap()).ToArray();
                }

                await EventNotices.PublishAsync(connection, "AGENT_MESSAGE", workspace, payload);
                return Reply.Ok(new WireMap { ["status"] = "sent" });
            },
            context.RequestAborted);
    }

    private static WireMap Stored(string message, ImmutableArray<Attachment> attachments)
    {
        var stored = new WireMap { ["result"] = message };
        if (attachments.Length > 0)
        {
            stored["parts"] = attachments.Select(static a => new WireMap { ["kind"] = "file", ["file"] = a.ToMap() }).ToArray();
        }

        return stored;
    }

    private sealed record Notice(string? Message, ImmutableArray<Attachment> Attachments);

    private sealed record Attachment(string? Uri, string? Name, [property: System.Text.Json.Serialization.JsonPropertyName("mimeType")] string? MimeType, long? Size)
    {
        public WireMap ToMap()
        {
            var map = new WireMap { ["uri"] = Uri, ["name"] = Name };
            if (!string.IsNullOrEmpty(MimeType))
            {
                map["mimeType"] = MimeType;
            }

            if (Size is not null)
            {
                map["size"] = Size;
            }

            return map;
        }
    }
}
