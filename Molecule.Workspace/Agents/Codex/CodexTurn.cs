using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents.Codex;

/// <summary>Gathers what the notifications of one turn say: the agent's messages, as pieces and whole, the error, the tokens.</summary>
public sealed class CodexTurn(string turnId, Action<string> onText)
{
    private readonly AnswerStream _answer = new(onText);
    private readonly List<(string Text, string? Phase)> _messages = [];
    private string? _shown;
    private string? _error;
    private long? _inputBefore;
    private long? _outputBefore;
    private TokenCount? _tokens;

    public string Id => turnId;

    /// <summary>The turn's reply once it has been completed; null until then.</summary>
    public TurnReply? Reply { get; private set; }

    /// <summary>Takes one notification. Those of other turns are passed over.</summary>
    public void Take(JsonObject notification)
    {
        var parameters = notification["params"] as JsonObject;
        var turn = (string?)parameters?["turnId"] ?? (string?)parameters?["turn"]?["id"];
        if (parameters is null || (turn is not null && turn != turnId))
        {
            return;
        }

        switch ((string?)notification["method"])
        {
            case "item/started" when parameters["item"] is JsonObject item && (string?)item["type"] is "agentMessage":
                // What is said along the way is no part of the answer.
                _shown = (string?)item["phase"] is "commentary" ? null : (string?)item["id"];
                _answer.BeginMessage();
                break;
            case "item/agentMessage/delta" when _shown is not null && (string?)parameters["itemId"] == _shown:
                _answer.Add((string?)parameters["delta"] ?? "");
                break;
            case "item/completed" when parameters["item"] is JsonObject item && (string?)item["type"] is "agentMessage":
                _messages.Add(((string?)item["text"] ?? "", (string?)item["phase"]));
                break;
            case "thread/tokenUsage/updated":
                Count(parameters["tokenUsage"]);
                break;
            case "error" when (bool?)parameters["willRetry"] is not true:
                _error = (string?)parameters["error"]?["message"];
                break;
            case "turn/completed":
                Reply = Finish(parameters["turn"]);
                break;
        }
    }

    // "last" is the last request's usage, "total" the thread's: what the turn used is the total's growth over it.
    private void Count(JsonNode? usage)
    {
        if (usage?["total"] is not { } total || usage["last"] is not { } last)
        {
            return;
        }

        var (input, output) = ((long?)total["inputTokens"] ?? 0, (long?)total["outputTokens"] ?? 0);
        _inputBefore ??= input - ((long?)last["inputTokens"] ?? 0);
        _outputBefore ??= output - ((long?)last["outputTokens"] ?? 0);
        _tokens = new TokenCount(input - _inputBefore.Value, output - _outputBefore.Value);
    }

    private TurnReply Finish(JsonNode? turn)
    {
        switch ((string?)turn?["status"])
        {
            case "completed":
                var final = _messages.Where(static m => m.Phase is "final_answer").Select(static m => m.Text).ToList();
                var text = string.Join("\n\n", final.Count > 0 ? final : _messages.Where(static m => m.Phase is not "commentary").Select(static m => m.Text)).Trim();
                return new TurnReply(text.Length > 0 ? text : TurnReply.NoText, _tokens, Failed: false);
            case "interrupted":
                return Error(_error ?? "the turn was interrupted");
            default:
                return Error((string?)turn?["error"]?["message"] ?? _error ?? "the turn failed without a reason");
        }
    }

    private TurnReply Error(string message) => new(CodexAgent.ErrorText(message), _tokens, Failed: true);
}
