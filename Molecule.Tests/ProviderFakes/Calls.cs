using System.Text.Json.Nodes;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Requests as the agents send them to each fake, with a credential of the form that the vendor takes.</summary>
public static class Calls
{
    public const string ClaudeCode = "claude-cli/2.1.330 (external, sdk-cli)";

    public static string Prompt(string first, string second) =>
        $"Here are two words: {first} and {second}. Join them in reverse order with a single dash and reply with nothing else.";

    public static Call Messages(string path, string model, string prompt, params (string Name, string Value)[] headers) => new(
        "POST", path,
        new JsonObject
        {
            ["model"] = model,
            ["max_tokens"] = 32000,
            ["stream"] = true,
            ["thinking"] = new JsonObject { ["type"] = "adaptive" },
            ["messages"] = new JsonArray(new JsonObject
            {
                ["role"] = "user",
                ["content"] = new JsonArray(
                    Text("text", "<system-reminder>\nToday two words: NOT and THESE were joined in reverse by a dash.\n</system-reminder>"),
                    Text("text", prompt)),
            }),
        },
        [("anthropic-version", "2023-06-01"), ("User-Agent", ClaudeCode), .. headers]);

    public static Call Responses(string path, string model, string prompt, params (string Name, string Value)[] headers) => new(
        "POST", path,
        new JsonObject
        {
            ["model"] = model,
            ["stream"] = true,
            ["store"] = false,
            ["input"] = new JsonArray(
                Message("developer", Text("input_text", "Be brief.")),
                Message("user", Text("input_text", "<environment_context>two words: NOT and THESE</environment_context>")),
                Message("user", Text("input_text", prompt))),
        },
        headers);

    public static Call Chat(string path, string model, string prompt, params (string Name, string Value)[] headers) => new(
        "POST", path,
        new JsonObject
        {
            ["model"] = model,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "system", ["content"] = "Be brief." },
                new JsonObject { ["role"] = "user", ["content"] = prompt }),
        },
        headers);

    /// <summary>The right call of each surface that serves turns, by a name for it.</summary>
    public static Call Of(string surface, string secret, string prompt) => surface switch
    {
        "a01" => Messages("/a01/v1/messages?beta=true", "claude-sonnet-4-6", prompt, ("x-api-key", secret)),
        "a02" => Messages("/a02/v1/messages?beta=true", "claude-sonnet-5-5", prompt, Bearer(secret), ("anthropic-beta", "claude-code-20250219,oauth-2025-04-20")),
        "a03" => Responses("/a03/v1/responses", "gpt-5.5", prompt, Bearer(secret)),
        "a04" => Responses("/a04/backend-api/codex/responses", "gpt-5.5", prompt, Bearer(secret), ("ChatGPT-Account-Id", Account)),
        "a05" => Messages("/a05/coding/v1/messages", "kimi-for-coding", prompt, ("x-api-key", secret)),
        "a05 bearer" => Messages("/a05/coding/v1/messages", "kimi-for-coding", prompt, Bearer(secret)),
        "a06" => Messages("/a06/anthropic/v1/messages", "MiniMax-M2.7", prompt, Bearer(secret)),
        "a06 x-api-key" => Messages("/a06/anthropic/v1/messages", "MiniMax-M2.7", prompt, ("x-api-key", secret)),
        "a07" => Responses("/a07/v1/responses", "codex-MiniMax-M2.7", prompt, Bearer(secret)),
        "a05 chat" => Chat("/a05/coding/v1/chat/completions", "kimi-k2", prompt, Bearer(secret), ("User-Agent", "HermesAgent/0.21.5")),
        "a06 chat" => Chat("/a06/v1/chat/completions", "MiniMax-M2.7", prompt, Bearer(secret)),
        "a07 chat" => Chat("/a07/v1/chat/completions", "MiniMax-M2.7-highspeed", prompt, Bearer(secret)),
        "a08" => new Call(
            "POST", "/a08/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            new JsonObject { ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }) },
            ("x-goog-api-key", secret)),
        "a08 chat" => Chat("/a08/v1beta/openai/chat/completions", "gemini-2.5-flash", prompt, Bearer(secret)),
        "a09" => Chat("/a09/openai/v1/chat/completions", "meta-llama/llama-4-scout-17b-16e-instruct", prompt, Bearer(secret)),
        "a10" => Messages("/a10/v1/messages", "claude-opus-4-7", prompt, ("x-api-key", secret)),
        "a11" => Chat("/a11/v1/chat/completions", "gpt-4o", prompt, Bearer(secret)),
        "a12 chat" => Chat("/a12/v1beta/openai/chat/completions", "gemini-2.5-pro", prompt, Bearer(secret)),
        "a13" => Chat("/a13/v1/chat/completions", "kimi-k2.6", prompt, Bearer(secret)),
        "u01" => Messages("/u01/v1/messages", "claude-opus-4-7", prompt, ("x-api-key", secret)),
        "u02" => Responses("/u02/v1/responses", "gpt-5.4", prompt, Bearer(secret)),
        "u02 chat" => Chat("/u02/v1/chat/completions", "gpt-5.4-mini", prompt, Bearer(secret)),
        "u03" => Messages("/u03/anthropic/v1/messages", "MiniMax-M3", prompt, Bearer(secret)),
        "u03 responses" => Responses("/u03/v1/responses", "MiniMax-M2.7", prompt, Bearer(secret)),
        "u03 chat" => Chat("/u03/v1/chat/completions", "MiniMax-M2.7-highspeed", prompt, Bearer(secret)),
        "u04" => Messages("/u04/anthropic/v1/messages", "kimi-k2.5", prompt, Bearer(secret)),
        "u04 chat" => Chat("/u04/v1/chat/completions", "kimi-k2.6", prompt, Bearer(secret)),
        "u06" => Chat("/u06/v1beta/openai/chat/completions", "gemini-2.5-pro", prompt, Bearer(secret)),
        _ => throw new ArgumentOutOfRangeException(nameof(surface), surface, "No such surface."),
    };

    /// <summary>A refresh of ChatGPT's tokens (spec 2.2).</summary>
    public static Call Refresh(string token) =>
        new("POST", "/a04/oauth/token", new JsonObject { ["client_id"] = "app_test", ["grant_type"] = "refresh_token", ["refresh_token"] = token });

    public const string Account = "acct-0001";

    /// <summary>The fake's id behind a surface's name.</summary>
    public static string FakeOf(string surface) => surface[..3] switch
    {
        "a01" => "anthropic-api",
        "a02" => "anthropic-oauth",
        "a03" => "openai-api",
        "a04" => "openai-subscription",
        "a05" => "kimi-coding",
        "a06" => "minimax",
        "a07" => "byok-minimax",
        "a08" => "google",
        "a09" => "groq",
        "a10" => "byok-anthropic",
        "a11" => "byok-openai",
        "a12" => "byok-gemini",
        "a13" => "kimi-coding-moonshot",
        "u01" => "upstream-anthropic",
        "u02" => "upstream-openai",
        "u03" => "upstream-minimax",
        "u04" => "upstream-moonshot",
        "u06" => "upstream-google",
        _ => throw new ArgumentOutOfRangeException(nameof(surface), surface, "No such fake."),
    };

    public static (string Name, string Value) Bearer(string secret) => ("Authorization", $"Bearer {secret}");

    private static JsonObject Text(string type, string text) => new() { ["type"] = type, ["text"] = text };

    private static JsonObject Message(string role, JsonObject part) => new() { ["type"] = "message", ["role"] = role, ["content"] = new JsonArray(part) };
}
