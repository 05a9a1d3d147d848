using System.Runtime.Versioning;
using System.Text;

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

    [Fact]
    public async Task The_openai_api_arm_sends_its_key_as_bearer()
    {
        var turn = await ServeAsync(Configured, "/a03/v1/responses", "gpt-5.5");

        Assert.Equal("Bearer mol-key-1", turn.Header("authorization"));
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

    [Theory]
    [InlineData("openai/gpt-5.4")]
    [InlineData("minimax/MiniMax-M2.7")]
    public async Task The_platform_arm_sends_the_usage_token_and_the_workspace(string model)
    {
        var turn = await ServeAsync(
            origin => new()
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "platform",
                ["MOLECULE_MODEL"] = model,
                ["MOLECULE_LLM_BASE_URL"] = origin + "/api/v1/internal/llm/openai/v1",
                ["MOLECULE_LLM_USAGE_TOKEN"] = "usage-1",
            },
            "/api/v1/internal/llm/openai/v1/responses",
            model);

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
