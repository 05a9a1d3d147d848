using System.Text.Json;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Activity;

/// <summary>One row of a workspace's activity (spec/control-plane.md 3.4, 6.4).</summary>
public sealed record ActivityRow
{
    public Guid Id { get; init; }

    public required Guid WorkspaceId { get; init; }

    /// <summary>a2a_receive, a2a_send, task_update, ...</summary>
    public required string ActivityType { get; init; }

    /// <summary>Who called; null = the canvas.</summary>
    public string? SourceId { get; init; }

    public string? TargetId { get; init; }

    public string? Method { get; init; }

    public string? Summary { get; init; }

    /// <summary>JSON text.</summary>
    public string? RequestBody { get; init; }

    /// <summary>JSON text.</summary>
    public string? ResponseBody { get; init; }

    /// <summary>JSON text.</summary>
    public string? ToolTrace { get; init; }

    public int? DurationMs { get; init; }

    /// <summary>ok or error.</summary>
    public required string Status { get; init; }

    public string? ErrorDetail { get; init; }

    /// <summary>Held once a workspace at a time; null where the row may be repeated.</summary>
    public string? IdempotencyKey { get; init; }

    public DateTime CreatedAt { get; init; }

    public WireMap ToItem()
    {
        var item = new WireMap
        {
            ["id"] = Id,
            ["workspace_id"] = WorkspaceId,
            ["activity_type"] = ActivityType,
            ["source_id"] = SourceId,
            ["target_id"] = TargetId,
            ["method"] = Method,
            ["summary"] = Summary,
            ["duration_ms"] = DurationMs,
            ["status"] = Status,
            ["error_detail"] = ErrorDetail,
            ["created_at"] = CreatedAt,
        };
        AddJson(item, "request_body", RequestBody);
        AddJson(item, "response_body", ResponseBody);
        AddJson(item, "tool_trace", ToolTrace);
        return item;
    }

    // Present only when there is something (spec/control-plane.md 3.4).
    private static void AddJson(WireMap item, string name, string? json)
    {
        if (json is not null)
        {
            item[name] = JsonElement.Parse(json);
        }
    }
}
