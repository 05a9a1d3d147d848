using System.Collections.Immutable;
using Molecule.Workspace.Agents.ClaudeCode;

namespace Molecule.Tests.Workspace;

/// <summary>The product's normalise_llm_env, row by row (spec/runtimes-and-providers.md 2.1, "Token-prefix trap").</summary>
public sealed class LlmEnvironmentTests
{
    [Theory]
    // An OAuth token goes into its own slot, and to nobody but Anthropic.
    [InlineData(null, "ANTHROPIC_API_KEY=sk-ant-oat01-x", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x")]
    [InlineData(null, "ANTHROPIC_AUTH_TOKEN=sk-ant-oat01-x ANTHROPIC_BASE_URL=http://gateway.test", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x")]
    [InlineData("anthropic-oauth", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x ANTHROPIC_BASE_URL=http://gateway.test", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x")]
    [InlineData(null, "ANTHROPIC_API_KEY=sk-ant-oat01-x ANTHROPIC_BASE_URL=https://api.anthropic.com", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x ANTHROPIC_BASE_URL=https://api.anthropic.com")]
    [InlineData(null, "ANTHROPIC_API_KEY=sk-ant-oat01-x ANTHROPIC_BASE_URL=https://anthropic.com.evil.test", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x")]
    // An API key in the token's slot likewise.
    [InlineData("anthropic-api", "ANTHROPIC_AUTH_TOKEN=sk-ant-api03-x ANTHROPIC_BASE_URL=http://gateway.test", "ANTHROPIC_API_KEY=sk-ant-api03-x")]
    // A proxy's token and anything unknown stay where they are, base URL included.
    [InlineData("minimax", "ANTHROPIC_AUTH_TOKEN=sk-cp-x ANTHROPIC_BASE_URL=http://gateway.test", "ANTHROPIC_AUTH_TOKEN=sk-cp-x ANTHROPIC_BASE_URL=http://gateway.test")]
    [InlineData(null, "ANTHROPIC_AUTH_TOKEN=mol-x ANTHROPIC_BASE_URL=http://gateway.test", "ANTHROPIC_AUTH_TOKEN=mol-x ANTHROPIC_BASE_URL=http://gateway.test")]
    [InlineData("anthropic-oauth", "CLAUDE_CODE_OAUTH_TOKEN=mol-x ANTHROPIC_BASE_URL=http://gateway.test", "CLAUDE_CODE_OAUTH_TOKEN=mol-x ANTHROPIC_BASE_URL=http://gateway.test")]
    // With another vendor's provider an inherited OAuth token is dropped, the base URL kept.
    [InlineData("kimi-coding", "CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-x KIMI_API_KEY=k ANTHROPIC_BASE_URL=http://gateway.test", "KIMI_API_KEY=k ANTHROPIC_BASE_URL=http://gateway.test")]
    [InlineData("platform", "ANTHROPIC_API_KEY=sk-ant-oat01-x ANTHROPIC_BASE_URL=http://gateway.test", "ANTHROPIC_BASE_URL=http://gateway.test")]
    public void Each_credential_ends_in_the_slot_of_its_kind(string? provider, string given, string expected) =>
        Assert.Equal(Read(expected).OrderBy(static p => p.Key), LlmEnvironment.Normalise(Read(given), provider).OrderBy(static p => p.Key));

    private static ImmutableDictionary<string, string> Read(string text) =>
        text.Split(' ').Select(static p => p.Split('=', 2)).ToImmutableDictionary(static p => p[0], static p => p[1]);
}
