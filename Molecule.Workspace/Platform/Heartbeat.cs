using System.Text.Json.Nodes;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>What one heartbeat says (spec/runtimes-and-providers.md 1.3). What this workspace does not measure is left out.</summary>
/// <param name="ActiveTurns">Turns that run or wait.</param>
/// <param name="UptimeSeconds">Since the workspace started.</param>
public sealed record Heartbeat(int ActiveTurns, long UptimeSeconds)
{
    public JsonObject ToJson(WorkspaceSettings settings)
    {
        var metadata = new JsonObject
        {
            ["capabilities"] = new JsonObject { ["heartbeat"] = false, ["scheduler"] = false, ["session"] = settings.Runtime is "claude-code" },
        };
        if (settings.Runtime is "claude-code")
        {
            // spec 2.1: a long silent turn of claude-code is normal.
            metadata["idle_timeout_seconds"] = 900;
        }

        return new JsonObject
        {
            ["workspace_id"] = settings.Id,
            ["active_tasks"] = ActiveTurns,
            ["uptime_seconds"] = UptimeSeconds,
            ["current_task"] = "",
            ["runtime_state"] = "",
            ["runtime_metadata"] = metadata,
        };
    }
}
