using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>
/// Finds the pieces of the answer among the lines of a turn: <c>stream_event</c> lines of --include-partial-messages, whose
/// event is the vendor's own (platform.claude.com, Streaming Messages). What subagents say is no part of the answer.
/// </summary>
public sealed class ClaudeCodeText(Action<string> onText)
{
    private readonly AnswerStream _answer = new(onText);

    public void Take(JsonObject line)
    {
        if ((string?)line["type"] is not "stream_event" || line["parent_tool_use_id"] is not null || line["event"] is not JsonObject said)
        {
            return;
        }

        switch ((string?)said["type"])
        {
            case "message_start":
                _answer.BeginMessage();
                break;
            case "content_block_delta" when said["delta"] is JsonObject delta && (string?)delta["type"] is "text_delta":
                _answer.Add((string?)delta["text"] ?? "");
                break;
        }
    }
}
