using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.Registry;

namespace Molecule.Harness.Live;

/// <summary>Where an arm's vendor is, and the cheapest call of its own that needs a key. Written by hand, never read out of the registry.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Base">What a runtime's base URL is set to by default.</param>
/// <param name="List">The vendor's list of models, below a base URL.</param>
/// <param name="Auth">How the key is sent.</param>
public sealed record LiveArm(string Arm, Uri Base, string List, CredentialForm Auth);

/// <summary>The arms that have a live path, and what it is called.</summary>
public static class LiveArms
{
    private const string KeyPrefix = "E2E_";

    // Their credential belongs to the control plane, which mints it for its workspaces: no key of ours in a workspace can reach their vendors.
    private static readonly string[] _minted = ["E2E_MOLECULE_LLM_USAGE_TOKEN", "E2E_GOOGLE_APPLICATION_CREDENTIALS"];

    // spec/runtimes-and-providers.md 3.1 to 3.7: every vendor lists its models to whoever holds a key, for nothing.
    private static readonly ImmutableArray<LiveArm> _arms =
    [
        new("anthropic-api", new("https://api.anthropic.com"), "/v1/models", CredentialForm.XApiKey),
        new("anthropic-oauth", new("https://api.anthropic.com"), "/v1/models", CredentialForm.BearerOauthBeta),
        new("byok-anthropic", new("https://api.anthropic.com"), "/v1/models", CredentialForm.XApiKey),
        new("openai-api", new("https://api.openai.com/v1"), "/models", CredentialForm.Bearer),
        new("byok-openai", new("https://api.openai.com/v1"), "/models", CredentialForm.Bearer),
        new("openai-subscription", new("https://chatgpt.com/backend-api"), "/codex/models", CredentialForm.BearerAccountId),
        new("kimi-coding", new("https://api.kimi.com/coding"), "/v1/models", CredentialForm.Bearer),
        new("minimax", new("https://api.minimax.io/anthropic"), "/v1/models", CredentialForm.Bearer),
        new("byok-minimax", new("https://api.minimax.io/v1"), "/models", CredentialForm.Bearer),
        new("google", new("https://generativelanguage.googleapis.com"), "/v1beta/models", CredentialForm.XGoogApiKey),
        new("byok-gemini", new("https://generativelanguage.googleapis.com/v1beta/openai"), "/models", CredentialForm.Bearer),
        new("groq", new("https://api.groq.com/openai/v1"), "/models", CredentialForm.Bearer),
    ];

    /// <summary>Whether a key of this name is of use to a live cell.</summary>
    public static bool Take(string key) => !_minted.Contains(key);

    /// <summary>The live path of an arm; null where it has none.</summary>
    public static LiveArm? Find(string arm) => _arms.FirstOrDefault(a => a.Arm == arm);

    /// <summary>The name of an arm's live key.</summary>
    public static string KeyOf(Provider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return KeyPrefix + provider.AuthEnv[0];
    }

    /// <summary>The variable that points an arm at another address than its vendor's: MOLECULE_LIVE_URL_OPENAI_API.</summary>
    public static string UrlVariableOf(string arm)
    {
        ArgumentNullException.ThrowIfNull(arm);
        return $"MOLECULE_LIVE_URL_{arm.ToUpperInvariant().Replace('-', '_')}";
    }

    /// <summary>What an arm is pointed at instead of its vendor; null where nobody says anything.</summary>
    /// <exception cref="Coverage.Planning.RunRequestException">It is no http or https address.</exception>
    public static Uri? OverrideOf(string arm, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment(UrlVariableOf(arm)) is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new Coverage.Planning.RunRequestException($"{UrlVariableOf(arm)} must be an http or https address, not '{text}'");
    }
}
