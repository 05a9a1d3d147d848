using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>Turns a result line into a reply. Pure.</summary>
public static class ClaudeCodeResult
{
    /// <summary>The reply: the result's words, or <c>Agent error (TAG): ...</c> where <c>is_error</c> is set (spec 1.7, 2.1).</summary>
    public static TurnReply ToReply(JsonObject result)
    {
        var text = ((string?)result["result"] ?? "").Trim();
        var tokens = Tokens(result["usage"] as JsonObject);
        if ((bool?)result["is_error"] is true)
        {
            return new TurnReply(ErrorText(Tag(result), text.Length > 0 ? text : "the turn failed without a reason"), tokens, Failed: true);
        }

        return new TurnReply(text.Length > 0 ? text : TurnReply.NoText, tokens, Failed: false);
    }

    /// <summary>The error text of this runtime (spec 1.7).</summary>
    public static string ErrorText(string tag, string detail) => $"Agent error ({tag}): {detail}";

    // subtype is "success" even for failures: the status and the terminal reason tell (driving-the-runtimes.md 1, Errors).
    private static string Tag(JsonObject result) => (int?)result["api_error_status"] switch
    {
        401 or 403 => "auth_failed",
        429 => "rate_limited",
        _ when (string?)result["terminal_reason"] is { Length: > 0 } reason => reason,
        _ => (string?)result["subtype"] ?? "error",
    };

    // What was read from the cache was input as well.
    private static TokenCount? Tokens(JsonObject? usage) => usage is null
        ? null
        : new TokenCount(
            Count(usage, "input_tokens") + Count(usage, "cache_creation_input_tokens") + Count(usage, "cache_read_input_tokens"),
            Count(usage, "output_tokens"));

    private static long Count(JsonObject usage, string name) => (long?)usage[name] ?? 0;
}
