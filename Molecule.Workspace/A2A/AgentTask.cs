using System.Globalization;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.A2A;

/// <summary>A task's state (A2A 0.3, TaskState).</summary>
public enum TaskPhase
{
    Submitted,
    Working,
    Completed,
    Failed,
    Canceled,
}

/// <summary>One streamed turn as A2A's task.</summary>
/// <param name="Id">Its id, ours.</param>
/// <param name="ContextId">The caller's, else ours.</param>
/// <param name="Message">What the caller said.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Since">Since when.</param>
/// <param name="Text">The answer once it is completed, the error text once it has failed.</param>
/// <param name="Usage">The tokens it used, as far as known.</param>
public sealed record AgentTask(string Id, string ContextId, JsonObject Message, TaskPhase Phase, DateTimeOffset Since, string? Text = null, JsonObject? Usage = null)
{
    public bool HasEnded => Phase is TaskPhase.Completed or TaskPhase.Failed or TaskPhase.Canceled;

    /// <summary>The whole task, as <c>tasks/get</c> gives it.</summary>
    public JsonObject ToJson()
    {
        var task = new JsonObject
        {
            ["kind"] = "task",
            ["id"] = Id,
            ["contextId"] = ContextId,
            ["status"] = Status(),
            ["history"] = new JsonArray(Message.DeepClone()),
        };
        if (Phase is TaskPhase.Completed)
        {
            task["artifacts"] = new JsonArray(Artifact(Text!));
        }

        return task;
    }

    /// <summary>The event that tells of the state; the last one of an ended task.</summary>
    public JsonObject StatusUpdate()
    {
        var update = new JsonObject { ["kind"] = "status-update", ["taskId"] = Id, ["contextId"] = ContextId, ["status"] = Status(), ["final"] = HasEnded };
        if (Usage is not null)
        {
            update["usage"] = Usage.DeepClone();
        }

        return update;
    }

    /// <summary>The event that brings a piece of the answer.</summary>
    public JsonObject ArtifactUpdate(string piece, bool append, bool last) => new()
    {
        ["kind"] = "artifact-update",
        ["taskId"] = Id,
        ["contextId"] = ContextId,
        ["artifact"] = Artifact(piece),
        ["append"] = append,
        ["lastChunk"] = last,
    };

    private JsonObject Artifact(string text) => new() { ["artifactId"] = Id + "-answer", ["parts"] = Parts(text) };

    private JsonObject Status()
    {
        var status = new JsonObject
        {
            ["state"] = Phase.ToString().ToLowerInvariant(),
            ["timestamp"] = Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        };
        if (Phase is TaskPhase.Failed)
        {
            status["message"] = new JsonObject
            {
                ["kind"] = "message",
                ["role"] = "agent",
                ["messageId"] = Id + "-error",
                ["taskId"] = Id,
                ["contextId"] = ContextId,
                ["parts"] = Parts(Text!),
            };
        }

        return status;
    }

    private static JsonArray Parts(string text) => new(new JsonObject { ["kind"] = "text", ["text"] = text });
}
