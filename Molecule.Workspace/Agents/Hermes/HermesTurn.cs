using System.Text;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>Gathers what the events of one streamed chat completion say: words, thinking, usage, an error. Pure.</summary>
public sealed class HermesTurn(Action<string> onText)
{
    /// <summary>What a caller sees of a turn that ended without words (spec/runtimes-and-providers.md 2.3).</summary>
    public const string NoContent = "(hermes-agent returned no content)";

    private readonly AnswerStream _answer = new(onText);
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private TokenCount? _tokens;
    private string? _error;
    private bool _ended;

    /// <summary>Takes one event of the stream. The progress of tools (<c>hermes.tool.progress</c>) is a sign of life and no part of the answer.</summary>
    /// <param name="kind">The event's name; <c>message</c> where it has none.</param>
    /// <param name="data">Its data.</param>
    public void Take(string kind, string data)
    {
        if (kind is not "message" || data is "[DONE]" || JsonLine.Read(data) is not { } chunk)
        {
            return;
        }

        if (chunk["error"] is { } error)
        {
            _error = error.ToJsonString();
        }

        if (chunk["usage"] is JsonObject usage)
        {
            _tokens = new TokenCount(Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"));
        }

        if (chunk["choices"] is not JsonArray { Count: > 0 } choices || choices[0] is not JsonObject choice)
        {
            return;
        }

        _ended |= choice["finish_reason"] is not null;
        var delta = choice["delta"] as JsonObject;
        _reasoning.Append(Text(delta?["reasoning_content"]));
        if (Text(delta?["content"]) is { Length: > 0 } words)
        {
            _text.Append(words);
            _answer.Add(words);
        }
    }

    /// <summary>The reply once the stream has ended.</summary>
    public TurnReply Finish()
    {
        if (_error is { } error)
        {
            return new TurnReply(ErrorText(200, error), _tokens, Failed: true);
        }

        if (!_ended)
        {
            return new TurnReply(ErrorText(200, "the stream ended before the answer was complete"), _tokens, Failed: true);
        }

        if (_text.ToString().Trim() is { Length: > 0 } text)
        {
            return new TurnReply(text, _tokens, Failed: false);
        }

        return _reasoning.ToString().Trim() is { Length: > 0 } reasoning
            ? new TurnReply(reasoning, _tokens, Failed: false)
            : new TurnReply(NoContent, _tokens, Failed: true);
    }

    /// <summary>The error text of this runtime (spec/runtimes-and-providers.md 2.3).</summary>
    public static string ErrorText(int status, string body) => FormattableString.Invariant($"[hermes-agent error {status}] {body}");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long Count(JsonObject usage, string name) => usage[name] is JsonValue value && value.TryGetValue<long>(out var count) ? count : 0;
}
