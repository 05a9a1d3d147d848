using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.Harness.Lanes;
using Molecule.Registry;

namespace Molecule.Harness.Credentials;

/// <summary>Mints each lane's own synthetic credential and points the arm at its fake, in mock mode.</summary>
/// <remarks>
/// The prefix is <c>mol-</c>: vendors' prefixes make runtimes rewrite where a key goes (spec/runtimes-and-providers.md 2.1, 2.4).
/// The base URL is the registry's own with its origin replaced, so that a wrong path in the registry misses the fake.
/// </remarks>
public sealed class SyntheticCredentials(ProviderRegistry registry, ImmutableArray<FakeDescription> fakes, Uri fakesAddress, TimeProvider clock)
{
    // Where a client goes when the registry names no base URL (spec/runtimes-and-providers.md 3.0, 3.3).
    private const string AnthropicDefault = "https://api.anthropic.com";
    private const string ChatGptDefault = "https://chatgpt.com/backend-api";
    private const string GeminiDefault = "https://generativelanguage.googleapis.com";

    /// <summary>A credential for one lane.</summary>
    public LaneCredential Mint(LaneKey lane, Random random)
    {
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(random);
        var provider = registry.FindProvider(lane.Arm) ?? throw new InvalidOperationException($"The registry has no provider '{lane.Arm}'.");
        if (provider.IsServedByControlPlane)
        {
            return Decoy(lane, random);
        }

        var token = Token(lane, random);
        var secrets = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var (variable, fake, url) = BaseUrl(lane, provider);
        secrets[variable] = AtFake(fake, url);
        if (lane.Arm == "openai-subscription")
        {
            var account = "acct-" + Hex(random, 6);
            var (authJson, accessToken) = ChatGptLogin(token, account, TimeSpan.FromHours(8));
            secrets[provider.AuthEnv[0]] = authJson;
            secrets["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = AtFake(fake, "https://auth.openai.com/oauth/token");
            return new LaneCredential(fake, secrets.ToImmutable(), CredentialFingerprint.Of(accessToken), account, Refresh: CredentialFingerprint.Of(RefreshOf(token)));
        }

        secrets[provider.AuthEnv[0]] = token;
        return new LaneCredential(fake, secrets.ToImmutable(), CredentialFingerprint.Of(token), null);
    }

    /// <summary>A login of that account whose access token has run out.</summary>
    public StaleLogin MintStale(string account, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var token = Token(new LaneKey("codex", "openai-subscription"), random);
        var (authJson, access) = ChatGptLogin(token, account, TimeSpan.FromMinutes(-1));
        return new StaleLogin(account, authJson, CredentialFingerprint.Of(access), CredentialFingerprint.Of(RefreshOf(token)));
    }

    /// <summary>
    /// A workspace whose arm the control plane pays for is given a vendor key of its user's: the control plane must strip it (spec 3.8), so a request that
    /// carries it anywhere is red.
    /// </summary>
    private static LaneCredential Decoy(LaneKey lane, Random random)
    {
        var token = Token(lane, random);
        var (arm, variable) = lane.Runtime switch
        {
            "claude-code" => ("anthropic-api", "ANTHROPIC_API_KEY"),
            "google-adk" => ("google", "GEMINI_API_KEY"),
            _ => ("openai-api", "OPENAI_API_KEY"),
        };
        return new LaneCredential(arm, ImmutableSortedDictionary<string, string>.Empty.Add(variable, token), CredentialFingerprint.Of(token), null, IsDecoy: true);
    }

    /// <summary>The variable by which a lane's runtime is told where its arm is.</summary>
    internal string UrlVariableOf(LaneKey lane) => BaseUrl(lane, registry.FindProvider(lane.Arm)!).Variable;

    // By which variable a runtime is told where its arm is, and what it would go to without: spec/runtimes-and-providers.md 0.2, 2.1 to 2.5.
    private (string Variable, string Fake, string Url) BaseUrl(LaneKey lane, Provider provider) => (lane.Runtime, lane.Arm) switch
    {
        ("claude-code", "anthropic-oauth") => ("ANTHROPIC_BASE_URL", lane.Arm, AnthropicDefault),
        ("claude-code", _) => ("ANTHROPIC_BASE_URL", lane.Arm, Known(provider, provider.RenderAnthropicClientUrl(static _ => null))),
        ("codex", "openai-subscription") => ("CHATGPT_BASE_URL", lane.Arm, ChatGptDefault),
        ("hermes", "kimi-coding") => ("KIMI_BASE_URL", lane.Arm, Known(provider, provider.RenderAnthropicClientUrl(static _ => null))),
        ("hermes", "byok-anthropic") => ("ANTHROPIC_BASE_URL", lane.Arm, AnthropicDefault),
        ("hermes", "byok-gemini") => ("GEMINI_BASE_URL", lane.Arm, GeminiDefault + "/v1beta/openai"),

        // A key without the prefix of the coding plan belongs to the vendor's other origin (2.4).
        ("openclaw", "kimi-coding") => ("MOONSHOT_BASE_URL", "kimi-coding-moonshot", OpenAiSide(registry.FindProvider("moonshot")!)),
        ("openclaw", "groq") => ("GROQ_BASE_URL", lane.Arm, OpenAiSide(provider)),
        ("google-adk", "google") => ("GOOGLE_GEMINI_BASE_URL", lane.Arm, GeminiDefault),
        (_, "byok-minimax") => ("MINIMAX_BASE_URL", lane.Arm, OpenAiSide(provider)),
        (_, "openai-api" or "byok-openai") => ("OPENAI_BASE_URL", lane.Arm, OpenAiSide(provider)),
        _ => throw new NotSupportedException($"Nobody has said yet how {lane} is pointed at a fake."),
    };

    private static string OpenAiSide(Provider provider) => Known(provider, provider.RenderBaseUrl(WireProtocol.OpenAi, static _ => null));

    private static string Known(Provider provider, string? url) =>
        url ?? throw new InvalidOperationException($"The registry gives '{provider.Name}' no base URL for the surface that the runtime speaks.");

    private string AtFake(string name, string url)
    {
        var fake = fakes.FirstOrDefault(f => f.Fake == name) ?? throw new InvalidOperationException($"The fakes know no '{name}'.");
        var path = new Uri(url).AbsolutePath.TrimEnd('/');
        return fakesAddress.GetLeftPart(UriPartial.Authority) + fake.BasePath + path;
    }

    private static string Token(LaneKey lane, Random random) => $"mol-{lane.Arm}-{Hex(random, 16)}";

    private static string Hex(Random random, int bytes)
    {
        var buffer = new byte[bytes];
        random.NextBytes(buffer);
        return Convert.ToHexStringLower(buffer);
    }

    // An unsigned but well-formed login: spec/driving-the-runtimes.md 2, "ChatGPT subscription".
    private (string AuthJson, string AccessToken) ChatGptLogin(string token, string account, TimeSpan lifetime)
    {
        var now = clock.GetUtcNow();
        var claims = new JsonObject
        {
            ["jti"] = token,
            ["email"] = "lane@molecule.invalid",
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
            ["https://api.openai.com/auth"] = new JsonObject
            {
                ["chatgpt_plan_type"] = "plus",
                ["chatgpt_user_id"] = "user-" + account,
                ["chatgpt_account_id"] = account,
            },
        };
        var jwt = $"{Part("""{"alg":"none","typ":"JWT"}""")}.{Part(claims.ToJsonString())}.c2ln";
        var login = new JsonObject
        {
            ["auth_mode"] = "chatgpt",
            ["OPENAI_API_KEY"] = null,
            ["tokens"] = new JsonObject { ["id_token"] = jwt, ["access_token"] = jwt, ["refresh_token"] = RefreshOf(token), ["account_id"] = account },
            ["last_refresh"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        };
        return (login.ToJsonString(), jwt);
    }

    private static string RefreshOf(string token) => $"rt-{token}";

    private static string Part(string json) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
