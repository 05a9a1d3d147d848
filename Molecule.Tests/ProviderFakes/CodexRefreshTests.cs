using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Processes;
using Molecule.Tests.Workspace;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.Codex;

namespace Molecule.Tests.ProviderFakes;

/// <summary>The real codex under a ChatGPT login whose access token runs out (spec/driving-the-runtimes.md 2, ChatGPT subscription).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CodexRefreshTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Turns = "/backend-api/codex/responses";

    private readonly string _account = $"acct-{Guid.NewGuid():N}"[..16];
    private readonly string _refresh = $"rt-{Guid.NewGuid():N}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_past_its_own_time_is_refreshed_before_the_first_turn()
    {
        using var home = new TemporaryFolder("molecule-codex-");
        var (login, access) = await LoginAsync(TimeSpan.FromMinutes(-1));
        await ExpireAsync(access);
        await using var agent = await StartAsync(home.Path, login);

        var turn = await agent.RunTurnAsync(Calls.Prompt("KAVODU", "MIRELO"), static _ => { }, Cancelled);

        Assert.Equal("MIRELO-KAVODU", turn.Text);
        var refreshed = Assert.Single(await fakes.JournalOfAsync(_refresh));
        Assert.DoesNotContain(await fakes.JournalOfAsync(access), static e => e.Path == Turns);
        var kept = Directory.GetFiles(home.Path, "auth.json", SearchOption.AllDirectories).Select(static file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("tokens").GetProperty("refresh_token").GetString()!);
        Assert.Equal(refreshed.Minted!.Refresh, CredentialFingerprint.Of(Assert.Single(kept)));
    }

    [Fact]
    public async Task A_refresh_token_that_somebody_else_has_used_ends_in_a_login_to_be_made_anew()
    {
        using var home = new TemporaryFolder("molecule-codex-");
        var (login, access) = await LoginAsync(TimeSpan.FromMinutes(-1));
        await ExpireAsync(access);
        Assert.Equal(200, (await fakes.SendAsync(Calls.Refresh(_refresh))).Status);
        await using var agent = await StartAsync(home.Path, login);

        var turn = await agent.RunTurnAsync(Calls.Prompt("KAVODU", "MIRELO"), static _ => { }, Cancelled);

        Assert.True(turn.Failed, turn.Text);
        Assert.StartsWith("[codex error] ", turn.Text, StringComparison.Ordinal);
        var refused = (await fakes.JournalOfAsync(_refresh)).Skip(1).ToArray();
        Assert.NotEmpty(refused);
        Assert.All(refused, static e => Assert.Equal(401, e.Status));
        Assert.DoesNotContain(await fakes.JournalOfAsync(access), static e => e.Status == 200);
    }

    [Fact]
    public async Task A_login_that_codex_has_refreshed_survives_a_start_with_the_one_that_it_was_given()
    {
        using var home = new TemporaryFolder("molecule-codex-");
        var (login, access) = await LoginAsync(TimeSpan.FromMinutes(-1));
        await ExpireAsync(access);
        await using (var before = await StartAsync(home.Path, login))
        {
            Assert.Equal("MIRELO-KAVODU", (await before.RunTurnAsync(Calls.Prompt("KAVODU", "MIRELO"), static _ => { }, Cancelled)).Text);
        }

        await using var after = await StartAsync(home.Path, login);

        Assert.Equal("TIVANO-SOLUDE", (await after.RunTurnAsync(Calls.Prompt("SOLUDE", "TIVANO"), static _ => { }, Cancelled)).Text);
        Assert.Single(await fakes.JournalOfAsync(_refresh));
    }

    [Fact]
    public async Task A_workspace_hands_back_the_login_that_codex_refreshes_in_the_middle_of_its_life_and_no_other()
    {
        var (login, access) = await LoginAsync(TimeSpan.FromHours(1));
        await using var workspace = await RunningWorkspace.StartAsync(
            _ => new Dictionary<string, string>(VariablesOf(login)) { ["MOLECULE_RUNTIME"] = "codex", ["MOLECULE_MODEL"] = "gpt-5.5", ["MOLECULE_RESOLVED_PROVIDER"] = "openai-subscription" },
            Cancelled);
        Assert.Equal("MIRELO-KAVODU", (string?)(await workspace.SendAsync(Calls.Prompt("KAVODU", "MIRELO"), Cancelled))["parts"]?[0]?["text"]);

        await ExpireAsync(access);
        Assert.Equal("TIVANO-SOLUDE", (string?)(await workspace.SendAsync(Calls.Prompt("SOLUDE", "TIVANO"), Cancelled))["parts"]?[0]?["text"]);

        // The first that comes is of the second turn: after the first one there was nothing to hand back.
        var (id, body, authorization) = await workspace.Platform.NextSecretAsync(Cancelled);
        var refreshed = Assert.Single(await fakes.JournalOfAsync(_refresh));
        Assert.Equal(("ws-under-test", "CODEX_AUTH_JSON", $"Bearer {PlatformStandIn.Token}"), (id, (string?)body["key"], authorization));
        Assert.Equal(refreshed.Minted!.Refresh, CredentialFingerprint.Of(JsonDocument.Parse((string)body["value"]!).RootElement.GetProperty("tokens").GetProperty("refresh_token").GetString()!));

        // Once: the third turn's end finds that it has been handed back.
        Assert.Equal("RUMIVE-PALODI", (string?)(await workspace.SendAsync(Calls.Prompt("PALODI", "RUMIVE"), Cancelled))["parts"]?[0]?["text"]);
        Assert.Equal("KELUNO-DAVIRO", (string?)(await workspace.SendAsync(Calls.Prompt("DAVIRO", "KELUNO"), Cancelled))["parts"]?[0]?["text"]);
        Assert.False(workspace.Platform.HasSecret);
    }

    private async Task<(string Login, string Access)> LoginAsync(TimeSpan lifetime)
    {
        var claims = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["jti"] = Guid.NewGuid(),
            ["exp"] = DateTimeOffset.UtcNow.Add(lifetime).ToUnixTimeSeconds(),
            ["email"] = "a@example.test",
            ["https://api.openai.com/auth"] = new { chatgpt_plan_type = "plus", chatgpt_user_id = "user-1", chatgpt_account_id = _account },
        });
        var access = $"{Part("""{"alg":"none","typ":"JWT"}""")}.{Part(claims)}.c2ln";
        await fakes.AcceptAsync("openai-subscription", access, _account);
        using var family = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/refresh-tokens", new RefreshTokenFamily("openai-subscription", CredentialFingerprint.Of(_refresh), _account));
        Assert.Equal(204, (int)family.StatusCode);
        var login = JsonSerializer.Serialize(new
        {
            auth_mode = "chatgpt",
            OPENAI_API_KEY = (string?)null,
            tokens = new { id_token = access, access_token = access, refresh_token = _refresh, account_id = _account },
            last_refresh = DateTimeOffset.UtcNow,
        });
        return (login, access);
    }

    private async Task ExpireAsync(string access)
    {
        using var expired = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/credentials/expired", new ExpiredCredential("openai-subscription", CredentialFingerprint.Of(access)));
        Assert.Equal(204, (int)expired.StatusCode);
    }

    private async Task<CodexAgent> StartAsync(string home, string login)
    {
        var environment = RunningProgram.BareEnvironment(home).Concat(VariablesOf(login)).ToImmutableDictionary();
        var agent = new CodexAgent(
            EngineLookup.Find("codex", await InstalledEngines.ManifestAsync("codex")),
            CodexSetup.For("openai-subscription", "gpt-5.5", environment),
            new AgentFolders(home, home),
            environment,
            TurnLimits.Codex,
            TimeProvider.System,
            new OwnChildren(),
            NullLogger<CodexAgent>.Instance);
        await agent.StartAsync(Cancelled);
        return agent;
    }

    private Dictionary<string, string> VariablesOf(string login)
    {
        var origin = fakes.Address.GetLeftPart(UriPartial.Authority);
        return new Dictionary<string, string>
        {
            ["CODEX_AUTH_JSON"] = login,
            ["CHATGPT_BASE_URL"] = origin + "/a04/backend-api",
            ["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = origin + "/a04/oauth/token",
        };
    }

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
