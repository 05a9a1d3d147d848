using System.Collections.Immutable;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>
/// Which arm a workspace of hermes is on and which model id goes on the wire (spec/runtimes-and-providers.md 2.3). hermes chooses the vendor by
/// the model's prefix, and takes its compiled default, Anthropic, for a model without one: here that is an error, never a turn. Pure.
/// </summary>
/// <param name="Name">The registry's provider, or <see cref="Custom"/>.</param>
/// <param name="Model">The model id on the wire.</param>
public sealed record HermesArm(string Name, string Model)
{
    /// <summary>The user's own pin: HERMES_INFERENCE_PROVIDER=custom with HERMES_CUSTOM_*.</summary>
    public const string Custom = "custom";

    private const string Platform = "platform";

    // What the template's configuration ships with (spec 2.3).
    private const string Leftover = "nousresearch/hermes-4-70b";

    // hermes' provider, the arm that stands for it here, the prefixes of its models. Without an arm: hermes has it, this platform does not.
    private static readonly ImmutableArray<(string Provider, string? Arm, ImmutableArray<string> Prefixes)> Providers =
    [
        ("minimax", "byok-minimax", ["minimax/", "minimax:"]),
        ("anthropic", "byok-anthropic", ["anthropic/"]),
        ("gemini", "byok-gemini", ["gemini/"]),
        ("kimi-coding", "kimi-coding", ["kimi-coding/"]),
        ("openai", "byok-openai", ["openai/", "openai:"]),
        ("minimax-cn", null, ["minimax-cn/"]),
        ("deepseek", null, ["deepseek/"]),
        ("zai", null, ["zai/"]),
        ("alibaba", null, ["alibaba/", "dashscope/", "qwen/"]),
        ("xiaomi", null, ["xiaomi/", "mimo/"]),
        ("arcee", null, ["arcee/"]),
        ("nvidia", null, ["nvidia/", "nim/"]),
        ("ollama-cloud", null, ["ollama-cloud/"]),
        ("huggingface", null, ["huggingface/", "hf/"]),
        ("ai-gateway", null, ["ai-gateway/"]),
        ("kilocode", null, ["kilocode/"]),
        ("opencode-zen", null, ["opencode-zen/"]),
        ("opencode-go", null, ["opencode-go/"]),
        ("nous", null, ["nousresearch/"]),
        ("openrouter", null, ["openrouter/"]),
    ];

    /// <summary>Derives the arm and the wire model.</summary>
    /// <param name="provider">The registry's provider that the control plane derived, if it did.</param>
    /// <param name="model">The workspace's model.</param>
    /// <param name="environment">The workspace's environment: HERMES_INFERENCE_PROVIDER, HERMES_INFERENCE_MODEL, HERMES_DEFAULT_MODEL.</param>
    /// <exception cref="AgentSetupException">No model, one whose vendor is not the arm's, or one that names no vendor.</exception>
    public static HermesArm For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        var chosen = Value(environment, "HERMES_INFERENCE_MODEL") ?? model ?? Value(environment, "HERMES_DEFAULT_MODEL");
        if (string.IsNullOrWhiteSpace(chosen))
        {
            throw new AgentSetupException(
                "No model is set: hermes would take its compiled default and Anthropic's endpoint. Set MOLECULE_MODEL to a model with its vendor's prefix, as kimi-coding/kimi-k2.");
        }

        var arm = Pinned(environment, provider) ?? provider ?? ByPrefix(chosen);
        return arm switch
        {
            Custom => new HermesArm(Custom, chosen),
            Platform => new HermesArm(Platform, OnPlatform(chosen)),
            _ => new HermesArm(arm, WithoutPrefix(arm, chosen)),
        };
    }

    // The pin wins, but for a `platform` that an earlier configuration left behind (spec 2.3).
    private static string? Pinned(ImmutableDictionary<string, string> environment, string? provider)
    {
        var pin = Value(environment, "HERMES_INFERENCE_PROVIDER");
        return pin switch
        {
            null => null,
            Platform when provider is not (null or Platform) => null,
            Platform or Custom => pin,
            _ => Providers.FirstOrDefault(p => p.Provider == pin || p.Arm == pin).Arm ?? throw new AgentSetupException(
                $"HERMES_INFERENCE_PROVIDER is '{pin}', which is no arm here: unset it, or set it to custom, platform, {string.Join(", ", Arms().Select(static p => p.Provider))}."),
        };
    }

    private static string ByPrefix(string model)
    {
        var found = Owner(model) ?? throw Unprefixed(model, "VENDOR/");
        return found.Arm ?? throw new AgentSetupException($"The model '{model}' belongs to hermes' provider '{found.Provider}', which is no arm here: {Mend()}");
    }

    private static string WithoutPrefix(string arm, string model)
    {
        var (_, name, prefixes) = Arms().FirstOrDefault(p => p.Arm == arm);
        if (name is null)
        {
            throw new AgentSetupException($"hermes has no arm '{arm}': MOLECULE_RESOLVED_PROVIDER has to be platform, {string.Join(", ", Arms().Select(static p => p.Arm))}.");
        }

        if (prefixes.FirstOrDefault(p => Begins(model, p)) is { } prefix)
        {
            return model.Length > prefix.Length ? model[prefix.Length..] : throw Unprefixed(model, prefix);
        }

        throw Owner(model) is { } other
            ? new AgentSetupException(
                $"The model '{model}' belongs to hermes' provider '{other.Provider}', the workspace's arm is {arm}: set MOLECULE_MODEL to one that begins with {string.Join(" or ", prefixes)}, or choose the other arm.")
            : Unprefixed(model, prefixes[0]);
    }

    // The proxy finds the vendor by the prefix too (spec 3.8), so it stays.
    private static string OnPlatform(string model) => model switch
    {
        Leftover => throw new AgentSetupException($"The model '{model}' is the template's leftover default and not offered on the platform arm: set MOLECULE_MODEL, as minimax/MiniMax-M2.7."),
        _ when model.IndexOf('/', StringComparison.Ordinal) is var at && at > 0 && at < model.Length - 1 => model,
        _ => throw Unprefixed(model, "minimax/"),
    };

    private static AgentSetupException Unprefixed(string model, string prefix) => new(
        $"The model '{model}' names no vendor: hermes would send it to its compiled default, Anthropic's endpoint, whatever the arm is. Set MOLECULE_MODEL to the model with its prefix, as {prefix}{(model.Contains('/', StringComparison.Ordinal) ? "MODEL" : model)}.");

    private static string Mend() => $"set MOLECULE_MODEL to one that begins with {string.Join(", ", Arms().SelectMany(static p => p.Prefixes))}.";

    private static IEnumerable<(string Provider, string? Arm, ImmutableArray<string> Prefixes)> Arms() => Providers.Where(static p => p.Arm is not null);

    private static (string Provider, string? Arm)? Owner(string model)
    {
        foreach (var (provider, arm, prefixes) in Providers)
        {
            if (prefixes.Any(p => Begins(model, p)))
            {
                return (provider, arm);
            }
        }

        return null;
    }

    private static bool Begins(string model, string prefix) => model.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private static string? Value(ImmutableDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
