using System.Text;
using System.Text.Json;
using Molecule.Contracts.Journal;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>One call of an agent.</summary>
/// <param name="Target">Whose agent.</param>
/// <param name="Caller">The calling workspace; null for the canvas.</param>
/// <param name="Envelope">What is sent.</param>
public sealed record A2aCall(WorkspaceRow Target, Guid? Caller, A2aEnvelope Envelope)
{
    /// <summary>The message's id, by which a repeated call is known; null where there is none.</summary>
    public string? MessageId
    {
        get
        {
            using var document = JsonDocument.Parse(Envelope.Body);
            return document.RootElement.TryGetProperty("params", out var parameters) && parameters is { ValueKind: JsonValueKind.Object }
                && parameters.TryGetProperty("message", out var message) && message is { ValueKind: JsonValueKind.Object }
                && message.TryGetProperty("messageId", out var id) && id is { ValueKind: JsonValueKind.String }
                ? id.GetString()
                : null;
        }
    }

    /// <summary>The activity row of how it went (spec/control-plane.md 6.4).</summary>
    public ActivityRow ToActivity(TimeSpan took, A2aOutcome? outcome, string? error) => new()
    {
        WorkspaceId = Target.Id,
        ActivityType = "a2a_receive",
        SourceId = Caller?.ToString(),
        TargetId = Target.Id.ToString(),
        Method = Envelope.Method,
        Summary = $"{Envelope.Method} → {Target.Name}",
        RequestBody = Encoding.UTF8.GetString(Envelope.Body.Span),
        ResponseBody = outcome?.Json,
        ToolTrace = outcome?.ToolTrace,
        DurationMs = (int)took.TotalMilliseconds,
        Status = error is null ? "ok" : "error",
        ErrorDetail = error,
    };

    /// <summary>What it is to be charged. The platform arm is metered at the proxy of its own; counting the agent's word too would count twice.</summary>
    public TokenCount? Charge(A2aOutcome? outcome) => Target.Provider == "platform" ? null : outcome?.Tokens;
}
