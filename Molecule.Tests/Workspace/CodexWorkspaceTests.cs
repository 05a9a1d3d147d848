using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.Codex;

namespace Molecule.Tests.Workspace;

[UnsupportedOSPlatform("windows")]
public sealed class CodexWorkspaceTests : RuntimeContract
{
    protected override string Credential => "OPENAI_API_KEY";

    protected override string ErrorPrefix => "[codex error] ";

    protected override string RefusedKey =>
        """{"error":{"message":"Incorrect API key provided: mol-key-1","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""";

    protected override int RequestsOfARefusedKey => 2;

    protected override Dictionary<string, string> Configured(string origin) => new()
    {
        ["MOLECULE_RUNTIME"] = "codex",
        ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
        ["MOLECULE_MODEL"] = "gpt-5.5",
        ["OPENAI_API_KEY"] = "mol-key-1",
        ["OPENAI_BASE_URL"] = origin + "/a03/v1",
    };

    protected override void AssertRouted(VendorRequest turn)
    {
        Assert.Equal("/a03/v1/responses", turn.Path);
        Assert.Equal("gpt-5.5", turn.Model);
        Assert.Equal("Bearer mol-key-1", turn.Header("authorization"));
    }

    protected override IAgent Create(string manifest, AgentFolders folders, ImmutableDictionary<string, string> environment, TimeProvider time) => new CodexAgent(
        EngineLookup.Find("codex", manifest),
        CodexSetup.For("openai-api", "gpt-5.5", environment),
        folders,
        environment,
        TurnLimits.Codex with { Turn = TimeSpan.FromDays(40) },
        time,
        new OwnChildren(),
        NullLogger<CodexAgent>.Instance);

    [Fact]
    public async Task Messages_that_come_at_once_are_served_one_after_the_other()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        var (now, most) = (0, 0);
        workspace.Vendor.Instead = async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Yield();
            Interlocked.Decrement(ref now);
            return false;
        };

        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => workspace.SendAsync(Words.Prompt($"FIRST{i}", $"LAST{i}"), Cancelled)));

        Assert.All(replies, static (reply, i) => Assert.Contains($"LAST{i}-FIRST{i}", RunningWorkspace.TextOf(reply), StringComparison.Ordinal));
        Assert.Equal(1, most);
        Assert.Equal(4, workspace.Vendor.Turns.Count);
    }

    [Fact]
    public async Task The_subscription_arm_sends_the_access_token_and_the_account()
    {
        var access = Jwt("access");
        var turn = await ServeAsync(
            origin => new()
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "openai-subscription",
                ["MOLECULE_MODEL"] = "gpt-5.5",
                ["CODEX_AUTH_JSON"] = $$$"""
                    {"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"{{{Jwt("id")}}}","access_token":"{{{access}}}","refresh_token":"rt","account_id":"acct-1"},"last_refresh":"{{{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ssZ}}}"}
                    """,
                ["CHATGPT_BASE_URL"] = origin + "/a04/backend-api",
            },
            "/a04/backend-api/codex/responses",
            "gpt-5.5",
            "GET /a04/backend-api/codex/models",
            "GET /a04/backend-api/wham/accounts/check",
            "GET /a04/backend-api/wham/settings/user");

        Assert.Equal("Bearer " + access, turn.Header("authorization"));
        Assert.Equal("acct-1", turn.Header("chatgpt-account-id"));
    }

    [Fact]
    public async Task The_minimax_arm_sends_its_own_key_and_always_the_same_model()
    {
        var turn = await ServeAsync(
            static origin => new()
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "byok-minimax",
                ["MOLECULE_MODEL"] = "codex-minimax-m2.7",
                ["MINIMAX_API_KEY"] = "mol-key-7",
                ["MINIMAX_BASE_URL"] = origin + "/a07/v1",
            },
            "/a07/v1/responses",
            "codex-MiniMax-M2.7");

        Assert.Equal("Bearer mol-key-7", turn.Header("authorization"));
    }

    [Fact]
    public async Task The_platform_arm_sends_the_usage_token_and_the_workspace()
    {
        var turn = await ServeAsync(
            static origin => new()
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "platform",
                ["MOLECULE_MODEL"] = "openai/gpt-5.4",
                ["MOLECULE_LLM_BASE_URL"] = origin + "/api/v1/internal/llm/openai/v1",
                ["MOLECULE_LLM_USAGE_TOKEN"] = "usage-1",
            },
            "/api/v1/internal/llm/openai/v1/responses",
            "openai/gpt-5.4");

        Assert.Equal("Bearer usage-1", turn.Header("authorization"));
        Assert.Equal("ws-under-test", turn.Header("x-molecule-workspace-id"));
    }

    // Unsigned but well-formed, not yet expired: otherwise codex refreshes first (spec 2.2).
    private static string Jwt(string subject)
    {
        var payload = $$$"""
            {"sub":"{{{subject}}}","exp":{{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}}},"email":"a@example.test","https://api.openai.com/auth":{"chatgpt_plan_type":"plus","chatgpt_user_id":"user-1","chatgpt_account_id":"acct-1"}}
            """;
        return $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode(payload)}.c2ln";

        static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
