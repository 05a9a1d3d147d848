using System.Collections.Immutable;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.ClaudeCode;
namespace Molecule.Tests.Workspace;

[UnsupportedOSPlatform("windows")]
public sealed class ClaudeCodeWorkspaceTests : RuntimeContract
{
    protected override string Credential => "ANTHROPIC_API_KEY";

    protected override string ErrorPrefix => "Agent error (";

    protected override string RefusedKey => """{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_1"}""";

    protected override int RequestsOfARefusedKey => 2;

    protected override Dictionary<string, string> Configured(string origin) => Arm("anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY", "mol-key-1", origin + "/a01");

    protected override void AssertRouted(VendorRequest turn)
    {
        Assert.Equal("/a01/v1/messages", turn.Path);
        Assert.Equal("claude-sonnet-4-6", turn.Model);
        AssertApiKey("mol-key-1", turn);
    }

    protected override IAgent Create(string manifest, AgentFolders folders, ImmutableDictionary<string, string> environment, TimeProvider time) => new ClaudeCodeAgent(
        EngineLookup.Find("claude-code", manifest),
        ClaudeCodeSetup.For("anthropic-api", "claude-sonnet-4-6", environment),
        folders,
        environment,
        TurnLimits.ClaudeCode with { Turn = TimeSpan.FromDays(40) },
        time,
        new OwnChildren(),
        NullLogger<ClaudeCodeAgent>.Instance);

    [Fact]
    public async Task The_anthropic_oauth_arm_sends_its_token_as_bearer_with_the_oauth_flag_and_no_key()
    {
        var turn = await ServeAsync(
            static origin => Arm("anthropic-oauth", "sonnet", "CLAUDE_CODE_OAUTH_TOKEN", "mol-oauth-2", origin + "/a02"),
            "/a02/v1/messages",
            "claude-sonnet-5-5");

        AssertBearer("mol-oauth-2", turn);
        Assert.Contains("oauth-", turn.Header("anthropic-beta"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kimi_arm_sends_its_key_as_x_api_key_with_thinking_enabled()
    {
        var turn = await ServeAsync(
            static origin => Arm("kimi-coding", "kimi-for-coding", "KIMI_API_KEY", "mol-key-5", origin + "/a05/coding/"),
            "/a05/coding/v1/messages",
            "kimi-for-coding");

        AssertApiKey("mol-key-5", turn);
        Assert.Equal("enabled", (string?)turn.Body!["thinking"]?["type"]);
    }

    [Fact]
    public async Task The_minimax_arm_sends_its_key_as_bearer_without_the_oauth_flag()
    {
        var turn = await ServeAsync(
            static origin => Arm("minimax", "MiniMax-M2.7", "MINIMAX_API_KEY", "mol-key-6", origin + "/a06/anthropic"),
            "/a06/anthropic/v1/messages",
            "MiniMax-M2.7");

        AssertBearer("mol-key-6", turn);
        Assert.DoesNotContain("oauth-", turn.Header("anthropic-beta"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_platform_arm_sends_the_usage_token_as_key_and_the_workspace()
    {
        var turn = await ServeAsync(
            static origin => new(Arm("platform", "minimax/MiniMax-M2.7", "ANTHROPIC_API_KEY", "usage-1", origin + "/api/v1/internal/llm/anthropic"))
            {
                ["ANTHROPIC_CUSTOM_HEADERS"] = "X-Molecule-Workspace-Id: ws-under-test",
            },
            "/api/v1/internal/llm/anthropic/v1/messages",
            "minimax/MiniMax-M2.7");

        AssertApiKey("usage-1", turn);
        Assert.Equal("ws-under-test", turn.Header("x-molecule-workspace-id"));
    }

    private static Dictionary<string, string> Arm(string provider, string model, string variable, string credential, string baseUrl) => new()
    {
        ["MOLECULE_RUNTIME"] = "claude-code",
        ["MOLECULE_RESOLVED_PROVIDER"] = provider,
        ["MOLECULE_MODEL"] = model,
        [variable] = credential,
        ["ANTHROPIC_BASE_URL"] = baseUrl,
    };

    private static void AssertApiKey(string key, VendorRequest turn)
    {
        Assert.Equal(key, turn.Header("x-api-key"));
        Assert.Equal("", turn.Header("authorization"));
    }

    private static void AssertBearer(string token, VendorRequest turn)
    {
        Assert.Equal("Bearer " + token, turn.Header("authorization"));
        Assert.Equal("", turn.Header("x-api-key"));
    }
}
