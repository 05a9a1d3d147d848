using System.Text.Json;

namespace Molecule.ControlPlane.Activity;

/// <summary>Body of POST /workspaces/:id/activity: what an agent reports of itself (spec/control-plane.md 3.4).</summary>
public sealed record ActivityReport
{
    private static readonly string[] Types = ["a2a_send", "a2a_receive", "task_update", "agent_log", "skill_promotion", "memory_write", "error"];

    public string? ActivityType { get; init; }

    public string? Method { get; init; }

    public string? Summary { get; init; }

    public string? SourceId { get; init; }

    public string? TargetId { get; init; }

    public string? Status { get; init; }

    public string? ErrorDetail { get; init; }

    public int? DurationMs { get; init; }

    public JsonElement? RequestBody { get; init; }

    public JsonElement? ResponseBody { get; init; }

    /// <summary>Kept as the request where that is absent.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The error text of the first wrong field; null where all are right.</summary>
    /// <param name="isCompat">Some of the product's clients look for the field's name as Go says it (spec/control-plane.md 14.3).</param>
    public string? Problem(bool isCompat) => ActivityType switch
    {
        null or "" => isCompat ? "invalid request body: ActivityType is required" : "invalid request body",
        _ when !Types.Contains(ActivityType) => $"invalid activity_type, must be one of: {string.Join(", ", Types)}",
        _ => null,
    };

    /// <summary>The row that it becomes.</summary>
    public ActivityRow ToRow(Guid workspace) => new()
    {
        WorkspaceId = workspace,
        ActivityType = ActivityType!,
        SourceId = string.IsNullOrEmpty(SourceId) ? workspace.ToString() : SourceId,
        TargetId = string.IsNullOrEmpty(TargetId) ? null : TargetId,
        Method = Method,
        Summary = Summary,
        RequestBody = Json(RequestBody) ?? Json(Metadata),
        ResponseBody = Json(ResponseBody),
        DurationMs = DurationMs,
        Status = string.IsNullOrEmpty(Status) ? "ok" : Status,
        ErrorDetail = string.IsNullOrEmpty(ErrorDetail) ? null : ErrorDetail,
    };

    private static string? Json(JsonElement? value) => value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } some ? some.GetRawText() : null;
}
