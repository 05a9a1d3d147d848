using System.Text.Json;

namespace Molecule.ControlPlane.Events;

/// <summary>Something that happened to a workspace, as it is told to clients (spec/control-plane.md 7).</summary>
/// <param name="Event">E.g. WORKSPACE_ONLINE.</param>
/// <param name="WorkspaceId">Whom it concerns.</param>
/// <param name="Timestamp">When.</param>
/// <param name="Payload">A JSON object.</param>
public sealed record PlatformEvent(string Event, Guid WorkspaceId, DateTimeOffset Timestamp, JsonElement Payload);
