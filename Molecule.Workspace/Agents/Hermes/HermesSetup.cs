using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>
/// What hermes needs for one arm: its config.yaml and its .env, the endpoint, the wire and the credential named outright, so that nothing is left
/// for hermes to derive (spec/runtimes-and-providers.md 2.3, spec/driving-the-runtimes.md 5).
/// </summary>
/// <param name="Model">The model id on the wire.</param>
/// <param name="ConfigYaml">$HERMES_HOME/config.yaml; secret.</param>
/// <param name="DotEnv">$HERMES_HOME/.env; secret.</param>
public sealed record HermesSetup(string Model, string ConfigYaml, string DotEnv)
{
    /// <summary>
    /// How often hermes tries a request in all. Its default (3, with up to a minute between) keeps a caller waiting for minutes; a
    /// second try covers a dropped connection (driving-the-runtimes.md 9.3).
    /// </summary>
    public const int Attempts = 2;

    private const string Chat = "chat_completions";
    private const string Messages = "anthropic_messages";
    private const string ProviderName = "molecule";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>Works out the setup of an arm.</summary>
    /// <param name="provider">The registry's provider that the control plane derived.</param>
    /// <param name="model">The workspace's model.</param>
    /// <param name="environment">The workspace's environment.</param>
    /// <exception cref="AgentSetupException">Arm unknown, model missing or another vendor's, credential or base URL missing.</exception>
    public static HermesSetup For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        var arm = HermesArm.For(provider, model, environment);
        string? Value(string name) => environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        string Required(string name) => Value(name) ?? throw Missing(name);
        return arm.Name switch
        {
            // hermes would send a key without the prefix sk-kimi- to Moonshot's platform (its hermes_cli/auth.py): the endpoint is named. Which wire
            // it speaks there it decides by the host: Messages.
            "kimi-coding" => Native(arm.Model, "kimi-coding", "KIMI_API_KEY", Required("KIMI_API_KEY"), WithoutVersion(Value("KIMI_BASE_URL") ?? "https://api.kimi.com/coding"), Messages),
            "byok-anthropic" => Native(arm.Model, "anthropic", "ANTHROPIC_API_KEY", Required("ANTHROPIC_API_KEY"), WithoutVersion(Value("ANTHROPIC_BASE_URL") ?? "https://api.anthropic.com"), Messages),

            // A base URL that ends in /openai is Gemini's OpenAI-compatible surface to hermes (its agent/gemini_native_adapter.py).
            "byok-gemini" => Native(arm.Model, "gemini", "GEMINI_API_KEY", Required("GEMINI_API_KEY"), Value("GEMINI_BASE_URL") ?? "https://generativelanguage.googleapis.com/v1beta/openai", Chat),

            // Bridged: hermes' own minimax provider met 404 on /v1/messages, and api.openai.com means the Responses wire to it.
            "byok-minimax" => Bridged(arm.Model, Required("MINIMAX_API_KEY"), Value("MINIMAX_BASE_URL") ?? "https://api.minimax.io/v1", Chat),
            "byok-openai" => Bridged(arm.Model, Required("OPENAI_API_KEY"), Value("OPENAI_BASE_URL") ?? "https://api.openai.com/v1", Chat),
            "platform" => Bridged(
                arm.Model,
                Required("MOLECULE_LLM_USAGE_TOKEN"),
                Value("MOLECULE_LLM_BASE_URL") ?? Value("OPENAI_BASE_URL") ?? throw Missing("MOLECULE_LLM_BASE_URL"),
                Chat),
            HermesArm.Custom => Bridged(arm.Model, Required("HERMES_CUSTOM_API_KEY"), Required("HERMES_CUSTOM_BASE_URL"), Value("HERMES_CUSTOM_API_MODE") ?? Chat),
            var other => throw new AgentSetupException($"hermes has no arm '{other}'."),
        };
    }

    private static HermesSetup Native(string model, string provider, string variable, string key, string baseUrl, string mode) => new(
        model,
        Render(new JsonObject { ["default"] = model, ["provider"] = provider, ["base_url"] = baseUrl.TrimEnd('/'), ["api_mode"] = mode }),
        key.AsSpan().ContainsAny("'\r\n")
            ? throw new AgentSetupException($"The credential {variable} holds a quote or a line break: set it again, as the vendor shows it.")
            : $"{variable}='{key}'\n");

    private static HermesSetup Bridged(string model, string key, string baseUrl, string mode)
    {
        var url = baseUrl.TrimEnd('/');
        var entry = new JsonObject { ["name"] = ProviderName, ["base_url"] = url, ["api_key"] = key, ["api_mode"] = mode, ["model"] = model };
        return new HermesSetup(
            model,
            Render(
                new JsonObject { ["default"] = model, ["provider"] = $"custom:{ProviderName}", ["base_url"] = url, ["api_key"] = key, ["api_mode"] = mode },
                ("custom_providers", new JsonArray(entry))),
            "");
    }

    // JSON is YAML (yaml.org/spec/1.2.2, 1.3), and no value can break out of it.
    private static string Render(JsonObject model, params ReadOnlySpan<(string Name, JsonNode Value)> more)
    {
        var config = new JsonObject { ["model"] = model, ["agent"] = new JsonObject { ["api_max_retries"] = Attempts } };
        foreach (var (name, value) in more)
        {
            config[name] = value;
        }

        return config.ToJsonString(Plain) + "\n";
    }

    // The client appends /v1/messages itself: the registry's /v1 would be called twice (spec 3.1, core#2748).
    private static string WithoutVersion(string baseUrl) =>
        baseUrl.TrimEnd('/') is var url && url.EndsWith("/v1", StringComparison.Ordinal) ? url[..^"/v1".Length] : url;

    private static AgentSetupException Missing(string name) => new($"The credential or setting {name} is missing: set it as a secret of the workspace.");

    // Secrets stay out of logs and messages.
    public override string ToString() => $"hermes' setup for {Model}";
}
