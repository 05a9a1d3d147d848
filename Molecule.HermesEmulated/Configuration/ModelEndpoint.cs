using System.Collections.Immutable;

namespace Molecule.HermesEmulated.Configuration;

/// <summary>Where turns go: worked out of config.yaml and the credentials as hermes-agent does it (spec/driving-the-runtimes.md 5).</summary>
/// <param name="Model">The model id on the wire.</param>
/// <param name="BaseUrl">Without a closing slash.</param>
/// <param name="ApiKey">The credential; empty where there is none, which the vendor answers as it will.</param>
/// <param name="Mode">The wire.</param>
public sealed record ModelEndpoint(string Model, string BaseUrl, string ApiKey, ApiMode Mode)
{
    // Read in hermes-agent: hermes_cli/auth.py, the registry of providers, and its rule for Kimi's keys.
    private const string Anthropic = "https://api.anthropic.com";
    private const string Moonshot = "https://api.moonshot.ai/v1";
    private const string KimiCoding = "https://api.kimi.com/coding";
    private const string Gemini = "https://generativelanguage.googleapis.com/v1beta";
    private const string DefaultModel = "claude-opus-4-6";

    /// <summary>Resolves the endpoint.</summary>
    /// <param name="config">config.yaml.</param>
    /// <param name="variables">The process's environment, overlaid by .env.</param>
    /// <exception cref="ConfigurationException">Provider unknown here, its entry missing, or a wire that this program does not speak.</exception>
    public static ModelEndpoint Resolve(HermesConfig config, ImmutableDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(variables);
        var model = config.Model;
        string? Value(string name) => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        switch (model.Provider ?? "auto")
        {
            case "custom":
                return Custom(model, model.BaseUrl ?? throw new ConfigurationException("model.provider in config.yaml is custom: model.base_url has to be set."), model.ApiKey, model.ApiMode);
            case var named when named.StartsWith("custom:", StringComparison.Ordinal):
                var name = named["custom:".Length..];
                var entry = config.CustomProviders.FirstOrDefault(p => p.Name == name)
                    ?? throw new ConfigurationException($"model.provider in config.yaml is '{named}': custom_providers has no '{name}'.");
                return Custom(model, entry.BaseUrl, entry.ApiKey, entry.ApiMode);
            case "anthropic":
                return Native(model, Value("ANTHROPIC_API_KEY"), model.BaseUrl ?? Value("ANTHROPIC_BASE_URL") ?? Anthropic, ApiMode.AnthropicMessages);
            case "kimi-coding":
                var key = Value("KIMI_API_KEY");
                return Native(model, key, model.BaseUrl ?? Value("KIMI_BASE_URL") ?? (key?.StartsWith("sk-kimi-", StringComparison.Ordinal) is true ? KimiCoding : Moonshot), null);
            case "gemini":
                return Native(model, Value("GOOGLE_API_KEY") ?? Value("GEMINI_API_KEY"), model.BaseUrl ?? Value("GEMINI_BASE_URL") ?? Gemini, null);

            // The trap (spec/runtimes-and-providers.md 2.3): without a provider the compiled default answers, whatever the model is.
            case "auto":
                return new ModelEndpoint(
                    model.Default ?? DefaultModel, Trim(Value("ANTHROPIC_BASE_URL") ?? Anthropic), Value("ANTHROPIC_API_KEY") ?? "", ApiMode.AnthropicMessages);
            case var other:
                throw new ConfigurationException(
                    $"model.provider in config.yaml is '{other}': {Identity.Name} knows custom, custom:NAME, anthropic, kimi-coding, gemini and auto.");
        }
    }

    private static ModelEndpoint Custom(ModelSection model, string baseUrl, string? key, string? mode) =>
        new(Required(model), Trim(baseUrl), key ?? model.ApiKey ?? "", ModeOf(mode, baseUrl));

    private static ModelEndpoint Native(ModelSection model, string? key, string baseUrl, ApiMode? mode) =>
        IsNativeGemini(baseUrl)
            ? throw new ConfigurationException($"'{baseUrl}' speaks Gemini's own wire, {Identity.Name} does not: use its OpenAI-compatible surface, which ends in /openai.")
            : new(Required(model), Trim(baseUrl), key ?? model.ApiKey ?? "", mode ?? ModeOf(model.ApiMode, baseUrl));

    private static string Required(ModelSection model) => model.Default ?? throw new ConfigurationException("model.default in config.yaml has to be set.");

    private static ApiMode ModeOf(string? said, string baseUrl) => said switch
    {
        "chat_completions" => ApiMode.ChatCompletions,
        "anthropic_messages" => ApiMode.AnthropicMessages,
        null => Detect(baseUrl),
        _ => throw new ConfigurationException($"api_mode in config.yaml is '{said}': {Identity.Name} speaks chat_completions and anthropic_messages."),
    };

    // Read in hermes-agent: hermes_cli/runtime_provider.py, the detection by URL.
    private static ApiMode Detect(string baseUrl)
    {
        var url = Absolute(baseUrl);
        var path = url.AbsolutePath.TrimEnd('/');
        if (url.Host is "api.openai.com" or "api.x.ai")
        {
            throw new ConfigurationException($"'{baseUrl}' is called on the Responses wire by hermes unless api_mode says otherwise; {Identity.Name} does not speak it: set api_mode.");
        }

        return path.EndsWith("/anthropic", StringComparison.Ordinal) || path.EndsWith("/anthropic/v1", StringComparison.Ordinal)
            || (url.Host is "api.kimi.com" && path.Contains("/coding", StringComparison.Ordinal))
            ? ApiMode.AnthropicMessages
            : ApiMode.ChatCompletions;
    }

    // Read in hermes-agent: agent/gemini_native_adapter.py.
    private static bool IsNativeGemini(string baseUrl) =>
        Absolute(baseUrl) is { Host: "generativelanguage.googleapis.com" } url && !url.AbsolutePath.TrimEnd('/').EndsWith("/openai", StringComparison.Ordinal);

    private static Uri Absolute(string baseUrl) =>
        Uri.TryCreate(baseUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new ConfigurationException($"The base URL '{baseUrl}' has to be an absolute http or https URL.");

    private static string Trim(string baseUrl) => Absolute(baseUrl).ToString().TrimEnd('/');

    // The key is a secret: no log and no message prints it.
    public override string ToString() => $"{Model} at {BaseUrl} ({Mode})";
}
