using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>What spec 3.0 and 4.3 say of each provider, worked out by hand.</summary>
public sealed class ProviderFactsTests
{
    private readonly ProviderRegistry _registry = OwnRegistry.Registry;

    [Theory]
    [InlineData("anthropic-api", WireProtocol.Anthropic, AuthMode.AnthropicApi, "ANTHROPIC_API_KEY|ANTHROPIC_AUTH_TOKEN", null)]
    [InlineData("anthropic-oauth", WireProtocol.Anthropic, AuthMode.OAuth, "CLAUDE_CODE_OAUTH_TOKEN", null)]
    [InlineData("openai-api", WireProtocol.OpenAi, AuthMode.AnthropicApi, "OPENAI_API_KEY", null)]
    [InlineData("openai-subscription", WireProtocol.OpenAi, AuthMode.OAuth, "CODEX_AUTH_JSON|CODEX_CHATGPT_AUTH_JSON", null)]
    [InlineData("kimi-coding", WireProtocol.Anthropic, AuthMode.ThirdPartyAnthropicCompat, "KIMI_API_KEY|ANTHROPIC_API_KEY|ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")]
    [InlineData("minimax", WireProtocol.Anthropic, AuthMode.ThirdPartyAnthropicCompat, "MINIMAX_API_KEY|ANTHROPIC_AUTH_TOKEN|ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")]
    [InlineData("google", WireProtocol.OpenAi, AuthMode.ThirdPartyAnthropicCompat, "GEMINI_API_KEY|GOOGLE_API_KEY", null)]
    [InlineData("vertex", WireProtocol.OpenAi, AuthMode.WifAdc, "GOOGLE_APPLICATION_CREDENTIALS", null)]
    [InlineData("groq", WireProtocol.OpenAi, AuthMode.ThirdPartyAnthropicCompat, "GROQ_API_KEY", null)]
    [InlineData("platform", WireProtocol.Anthropic, AuthMode.ThirdPartyAnthropicCompat, "MOLECULE_LLM_USAGE_TOKEN", null)]
    [InlineData("moonshot", WireProtocol.OpenAi, AuthMode.ThirdPartyAnthropicCompat, "MOONSHOT_API_KEY|KIMI_API_KEY", null)]
    [InlineData("byok-anthropic", WireProtocol.Anthropic, AuthMode.AnthropicApi, "ANTHROPIC_API_KEY", null)]
    [InlineData("byok-openai", WireProtocol.OpenAi, AuthMode.AnthropicApi, "OPENAI_API_KEY", null)]
    [InlineData("byok-gemini", WireProtocol.OpenAi, AuthMode.ThirdPartyAnthropicCompat, "GEMINI_API_KEY", null)]
    [InlineData("byok-minimax", WireProtocol.OpenAi, AuthMode.ThirdPartyAnthropicCompat, "MINIMAX_API_KEY", null)]
    public void A_provider_speaks_and_authenticates_as_the_spec_says(string name, WireProtocol protocol, AuthMode authMode, string authEnv, string? authTokenEnv)
    {
        var provider = _registry.FindProvider(name)!;

        Assert.Equal((protocol, authMode), (provider.Protocol, provider.AuthMode));
        Assert.Equal(authEnv.Split('|'), provider.AuthEnv);
        Assert.Equal(authTokenEnv, provider.AuthTokenEnv);
    }

    [Fact]
    public void The_four_upstream_vendors_of_the_spec_and_google_s_two_have_one_owner_each()
    {
        var owners = _registry.Providers.Where(provider => provider.UpstreamVendor is not null).Select(provider => (provider.UpstreamVendor, provider.Name));

        Assert.Equal([("anthropic", "anthropic-api"), ("openai", "openai-api"), ("minimax", "minimax"), ("google", "google"), ("vertex", "vertex"), ("moonshot", "moonshot")], owners);
    }

    [Fact]
    public void The_control_plane_serves_platform_and_vertex_alone()
    {
        Assert.Equal(["vertex", "platform"], _registry.Providers.Where(provider => provider.IsServedByControlPlane).Select(provider => provider.Name));
        Assert.Equal(["platform"], _registry.Providers.Where(provider => provider.IsPlatform).Select(provider => provider.Name));
    }

    [Theory]
    [InlineData("claude-code", "anthropic-api", "claude-sonnet-4-6 claude-opus-4-7 claude-opus-4-8 claude-haiku-4-5 claude-sonnet-4-5", 10)]
    [InlineData("claude-code", "anthropic-oauth", "sonnet opus haiku", 6)]
    [InlineData("claude-code", "kimi-coding", "kimi-for-coding kimi-k2.5 kimi-k2", 3)]
    [InlineData("claude-code", "minimax", "MiniMax-M2 MiniMax-M2.7 MiniMax-M2.7-highspeed MiniMax-M3", 4)]
    [InlineData("claude-code", "platform", "anthropic/claude-opus-4-7 anthropic/claude-opus-4-8 anthropic/claude-sonnet-4-6 minimax/MiniMax-M2.7 minimax/MiniMax-M2.7-highspeed minimax/MiniMax-M3", 6)]
    [InlineData("codex", "openai-subscription", "gpt-5.5 gpt-5.4 gpt-5.4-mini gpt-5.3-codex gpt-5.3-codex-spark gpt-5.2", 6)]
    [InlineData("codex", "openai-api", "gpt-5.5 gpt-5.4 gpt-5.4-mini gpt-5.3-codex gpt-5.3-codex-spark gpt-5.2", 6)]
    [InlineData("codex", "platform", "openai/gpt-5.4 openai/gpt-5.4-mini minimax/MiniMax-M2.7 minimax/MiniMax-M2.7-highspeed minimax/MiniMax-M3", 5)]
    [InlineData("hermes", "kimi-coding", "kimi-coding/kimi-k2", 1)]
    [InlineData("hermes", "platform", "minimax/MiniMax-M2.7 minimax/MiniMax-M2.7-highspeed minimax/MiniMax-M3", 3)]
    [InlineData("hermes", "byok-minimax", "minimax:MiniMax-M2.7 minimax:MiniMax-M2.7-highspeed minimax:MiniMax-M3", 3)]
    [InlineData("openclaw", "kimi-coding", "moonshot:kimi-k2.6 moonshot:kimi-k2.5", 2)]
    [InlineData("openclaw", "platform", "minimax/MiniMax-M2.7 minimax/MiniMax-M2.7-highspeed minimax/MiniMax-M3", 3)]
    [InlineData("openclaw", "byok-minimax", "minimax:MiniMax-M2.7 minimax:MiniMax-M2.7-highspeed", 2)]
    [InlineData("google-adk", "google", "gemini-2.5-pro gemini-2.5-flash google_genai:gemini-2.5-pro google_genai:gemini-2.5-flash", 4)]
    [InlineData("google-adk", "vertex", "vertex:gemini-2.5-pro", 1)]
    [InlineData("google-adk", "platform", "platform:gemini-2.5-pro platform:gemini-2.5-flash", 2)]
    public void An_arm_offers_the_models_of_the_spec(string runtime, string arm, string models, int count)
    {
        var offered = _registry.FindRuntime(runtime)!.FindArm(arm)!.Models;
        var bare = models.Split(' ');

        Assert.Equal(count, offered.Length);

        // Whatever stands beyond the spec's plain ids is one of them in its `anthropic:` form (spec 0.1).
        Assert.Equal(bare, offered.Take(bare.Length));
        Assert.Equal(bare.Select(model => $"anthropic:{model}").Take(count - bare.Length), offered.Skip(bare.Length));
    }
}
