using System.Text.Json.Nodes;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>What one heartbeat says (spec/runtimes-and-providers.md 1.3). What this workspace does not measure is left out.</summary>
/// <param name="ActiveTurns">Turns that run or wait.</param>
/// <param name="CurrentTask">The beginning of what is being answered; empty between turns.</param>
/// <param name="Wedged">Why the runtime needs a restart; null where it does not.</param>
/// <param name="UptimeSeconds">Since the workspace started.</param>
public sealed record Heartbeat(int ActiveTurns, string CurrentTask, string? Wedged, long UptimeSeconds)
{
    // Seconds.
    private const int Grace = 10;

    public JsonObject ToJson(WorkspaceSettings settings)
    {
        var metadata = new JsonObject
        {
            ["capabilities"] = new JsonObject { ["heartbeat"] = false, ["scheduler"] = false, ["session"] = settings.Runtime is "claude-code" },
        };
        if (settings.Runtime is "claude-code")
        {
            // spec 2.1: a long silent turn of claude-code is normal. A little more than the workspace's own patience, so that it is the one to say what happened.
            metadata["idle_timeout_seconds"] = (long)settings.CompletionIdle.TotalSeconds + Grace;
        }

        var beat = new JsonObject
        {
            ["workspace_id"] = settings.Id,
            ["active_tasks"] = ActiveTurns,
            ["uptime_seconds"] = UptimeSeconds,
            ["current_task"] = CurrentTask,
            ["runtime_state"] = Wedged is null ? "" : "wedged",
            ["runtime_metadata"] = metadata,
        };
        if (Wedged is not null)
        {
            beat["sample_error"] = Wedged;
        }

        return beat;
    }
}
