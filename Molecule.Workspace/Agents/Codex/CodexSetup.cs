using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Molecule.Workspace.Agents.Codex;

/// <summary>What codex needs for one arm: its config.toml, perhaps an auth.json, and its variables (spec 2.2, driving-the-runtimes.md 2).</summary>
/// <param name="Model">The model id as it goes on the wire.</param>
/// <param name="ConfigToml">$CODEX_HOME/config.toml.</param>
/// <param name="AuthJson">$CODEX_HOME/auth.json, subscription arm only; secret.</param>
/// <param name="Variables">What the program needs beside the workspace's own environment; secret.</param>
public sealed record CodexSetup(string Model, string ConfigToml, string? AuthJson, ImmutableDictionary<string, string> Variables)
{
    /// <summary>
    /// Retries by the program itself, per request and per stream. Its defaults (4 and 5) keep a caller waiting for up to
    /// minutes; one covers a dropped connection, anything beyond is the caller's to decide (driving-the-runtimes.md 9.3).
    /// </summary>
    public const int Retries = 1;

    private const string ProviderId = "molecule";
    private const string MiniMaxModel = "codex-MiniMax-M2.7";

    /// <summary>Works out the setup of an arm.</summary>
    /// <param name="provider">The registry's provider that the control plane derived; <c>openai</c> stands for openai-api (spec 2.2).</param>
    /// <param name="model">The workspace's model.</param>
    /// <param name="environment">The workspace's environment.</param>
    /// <exception cref="AgentSetupException">Provider unknown to codex, model missing or the name of a provider, credential missing.</exception>
    public static CodexSetup For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        if (model is null)
        {
            throw new AgentSetupException("No model is set: set MOLECULE_MODEL.");
        }

        if (model is "openai" or "openai-api" or "openai-subscription" or "platform" or "byok-minimax")
        {
            throw new AgentSetupException($"The model '{model}' is the name of a provider: set MOLECULE_MODEL to a model id.");
        }

        return provider switch
        {
            "openai-api" or "openai" => Keyed(model, "OPENAI_API_KEY", Value(environment, "OPENAI_BASE_URL") ?? "https://api.openai.com/v1", null, environment),
            "openai-subscription" => Subscription(model, environment),
            "byok-minimax" => Keyed(MiniMaxModel, "MINIMAX_API_KEY", Value(environment, "MINIMAX_BASE_URL") ?? "https://api.minimax.io/v1", null, environment),
            "platform" => Keyed(model, "MOLECULE_LLM_USAGE_TOKEN", Require(environment, "MOLECULE_LLM_BASE_URL"), Require(environment, "WORKSPACE_ID"), environment),
            null => throw new AgentSetupException("No provider is set: the control plane publishes it as MOLECULE_RESOLVED_PROVIDER."),
            _ => throw new AgentSetupException($"codex has no provider '{provider}': MOLECULE_RESOLVED_PROVIDER has to be openai-api, openai-subscription, platform or byok-minimax."),
        };
    }

    private static CodexSetup Keyed(string model, string keyVariable, string baseUrl, string? workspace, ImmutableDictionary<string, string> environment)
    {
        var key = Require(environment, keyVariable);
        var provider = new StringBuilder()
            .AppendLine(Invariant($"base_url = {Quote(baseUrl.TrimEnd('/'))}"))
            .AppendLine(Invariant($"env_key = {Quote(keyVariable)}"))
            .AppendLine("requires_openai_auth = false");
        if (workspace is not null)
        {
            // spec 3.0, platform
            provider.AppendLine(Invariant($"http_headers = {{ \"X-Molecule-Workspace-Id\" = {Quote(workspace)} }}"));
        }

        return new CodexSetup(model, Render(model, "", provider.ToString()), null, ImmutableDictionary<string, string>.Empty.Add(keyVariable, key));
    }

    // A provider of our own with the built-in one's authentication: the built-in one dials a WebSocket and wants HTTPS (driving-the-runtimes.md 2).
    private static CodexSetup Subscription(string model, ImmutableDictionary<string, string> environment)
    {
        var auth = Value(environment, "CODEX_AUTH_JSON") ?? Value(environment, "CODEX_CHATGPT_AUTH_JSON")
            ?? throw Missing("CODEX_AUTH_JSON");
        var backend = (Value(environment, "CHATGPT_BASE_URL") ?? "https://chatgpt.com/backend-api").TrimEnd('/');
        var top = new StringBuilder()
            .AppendLine(Invariant($"chatgpt_base_url = {Quote(backend + "/")}"))
            .AppendLine("cli_auth_credentials_store = \"file\"")
            .AppendLine("forced_login_method = \"chatgpt\"");
        var provider = new StringBuilder()
            .AppendLine(Invariant($"base_url = {Quote(backend + "/codex")}"))
            .AppendLine("requires_openai_auth = true");

        // Refresh tokens are single-use and the platform's to refresh (spec 2.2); where one is refreshed is the user's to say.
        var variables = ImmutableDictionary<string, string>.Empty;
        foreach (var name in (ReadOnlySpan<string>)["CODEX_REFRESH_TOKEN_URL_OVERRIDE", "CODEX_REVOKE_TOKEN_URL_OVERRIDE", "CODEX_CA_CERTIFICATE"])
        {
            variables = Value(environment, name) is { } value ? variables.Add(name, value) : variables;
        }

        return new CodexSetup(model, Render(model, top.ToString(), provider.ToString()), auth, variables);
    }

    private static string Render(string model, string top, string provider) => Invariant($"""
        model = {Quote(model)}
        model_provider = "{ProviderId}"
        approval_policy = "never"
        sandbox_mode = "danger-full-access"
        check_for_update_on_startup = false
        web_search = "disabled"
        {top}
        [analytics]
        enabled = false

        [feedback]
        enabled = false

        [features]
        apps = false
        plugins = false
        remote_plugin = false
        enable_request_compression = false

        [model_providers.{ProviderId}]
        name = "Molecule"
        wire_api = "responses"
        supports_websockets = false
        request_max_retries = {Retries}
        stream_max_retries = {Retries}
        {provider}
        """);

    private static string? Value(ImmutableDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static string Require(ImmutableDictionary<string, string> environment, string name) => Value(environment, name) ?? throw Missing(name);

    private static AgentSetupException Missing(string name) => new($"The credential or setting {name} is missing: set it as a secret of the workspace.");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // A TOML basic string (toml.io, "String").
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                < ' ' or '\x7f' => Invariant($"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
