using System.Text;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Delegations;

/// <summary>One workspace's task for another (spec/control-plane.md 6.5). It is kept as two rows of activity: that it was sent, and what came of it.</summary>
public sealed record Delegation
{
    public const string ActivityType = "delegation";
    public const string Sent = "delegate";
    public const string Result = "delegate_result";

    /// <summary>Who sends it, where the platform does.</summary>
    public const string Platform = "platform";

    private const int PreviewLength = 300;

    /// <summary>Its id, which is the id of its message too.</summary>
    public required string Id { get; init; }

    public required Guid Source { get; init; }

    public required string Target { get; init; }

    public required string Task { get; init; }

    /// <summary>The row of the sending.</summary>
    /// <param name="status">pending where the platform is to send it, dispatched where the agent has.</param>
    public ActivityRow ToSent(string status, string? key) => new()
    {
        WorkspaceId = Source,
        ActivityType = ActivityType,
        SourceId = Source.ToString(),
        TargetId = Target,
        Method = Sent,
        Summary = Preview(Task),
        RequestBody = Json(new WireMap { ["delegation_id"] = Id, ["task"] = Task, ["sender"] = status == "pending" ? Platform : "agent" }),
        Status = status,
        IdempotencyKey = key,
    };

    /// <summary>The row of what came of it.</summary>
    public ActivityRow ToResult(string? answer, string? error) => new()
    {
        WorkspaceId = Source,
        ActivityType = ActivityType,
        SourceId = Source.ToString(),
        TargetId = Target,
        Method = Result,
        Summary = error is null ? "Delegation completed" : "Delegation failed",
        RequestBody = Json(new WireMap { ["delegation_id"] = Id }),
        ResponseBody = answer is null ? null : Json(new WireMap { ["text"] = answer }),
        Status = error is null ? "completed" : "failed",
        ErrorDetail = error,
    };

    /// <summary>The beginning of a text.</summary>
    public static string Preview(string text) => text.Length <= PreviewLength ? text
        : text[..(char.IsHighSurrogate(text[PreviewLength - 1]) ? PreviewLength - 1 : PreviewLength)];

    private static string Json(WireMap map) => Encoding.UTF8.GetString(WireJson.Serialize(map).Span);
}
