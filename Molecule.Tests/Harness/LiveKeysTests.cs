using System.Collections.Immutable;
using Molecule.Harness.Keys;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness;

/// <summary>Where live keys come from, and what is said when a source fails (design.md 6).</summary>
public sealed class LiveKeysTests : IDisposable
{
    private static readonly ImmutableArray<string> _wanted = ["E2E_OPENAI_API_KEY", "E2E_GROQ_API_KEY", "E2E_KIMI_API_KEY"];

    private readonly TemporaryFolder _home = new("molecule-keys-");
    private readonly Dictionary<string, string> _environment;

    public LiveKeysTests() => _environment = new() { ["HOME"] = _home.Path };

    [Fact]
    public async Task A_key_is_taken_under_its_own_name_and_never_under_the_plain_one()
    {
        _environment["OPENAI_API_KEY"] = "a developers own money";
        _environment["E2E_GROQ_API_KEY"] = "gsk-1";

        var keys = await ReadAsync();

        Assert.Equal(["E2E_GROQ_API_KEY"], keys.Names);
        Assert.Equal("gsk-1", keys.Find("E2E_GROQ_API_KEY"));
        Assert.Null(keys.Find("E2E_OPENAI_API_KEY"));
        Assert.DoesNotContain("gsk-1", keys.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_wins_over_user_secrets_and_these_over_Infisical()
    {
        await using var infisical = await FakeInfisical.StartAsync();
        infisical.TellTo(_environment);
        infisical.Secrets["E2E_OPENAI_API_KEY"] = infisical.Secrets["E2E_GROQ_API_KEY"] = infisical.Secrets["E2E_KIMI_API_KEY"] = "from Infisical";
        WriteUserSecrets("""{ "E2E_OPENAI_API_KEY": "from user-secrets", "E2E_GROQ_API_KEY": "from user-secrets" }""");
        _environment["E2E_OPENAI_API_KEY"] = "from the environment";

        var keys = await ReadAsync();

        Assert.Equal(
            ["from the environment", "from user-secrets", "from Infisical"],
            _wanted.Select(keys.Find));
    }

    [Fact]
    public async Task User_secrets_may_hold_comments_and_other_names()
    {
        WriteUserSecrets("{ // mine\n \"Parameters:admin-token\": \"x\", \"E2E_KIMI_API_KEY\": \"sk-kimi-1\", }");

        Assert.Equal(["E2E_KIMI_API_KEY"], (await ReadAsync()).Names);
    }

    [Theory]
    [InlineData("{ \"E2E_KIMI_API_KEY\": \"sk-kimi-1\" \"x\"", "not JSON at line 1")]
    [InlineData("[]", "it must hold one JSON object")]
    public async Task Ill_formed_user_secrets_are_named_without_their_text(string text, string sentence)
    {
        WriteUserSecrets(text);

        var failed = await Assert.ThrowsAsync<KeySourceException>(ReadAsync);

        Assert.Contains(sentence, failed.Message, StringComparison.Ordinal);
        Assert.Contains("secrets.json", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-kimi-1", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infisical_is_asked_by_its_identity_for_its_folder()
    {
        await using var infisical = await FakeInfisical.StartAsync();
        infisical.TellTo(_environment);
        infisical.Secrets["E2E_KIMI_API_KEY"] = "line one\nline two";
        infisical.Secrets["SOMEBODY_ELSES"] = "not asked for";

        var keys = await ReadAsync();

        Assert.Equal(["E2E_KIMI_API_KEY"], keys.Names);
        Assert.Equal("line one\nline two", keys.Find("E2E_KIMI_API_KEY"));
    }

    [Fact]
    public async Task A_secret_that_refers_to_another_one_is_read_as_that_one()
    {
        await using var infisical = await FakeInfisical.StartAsync();
        infisical.TellTo(_environment);
        infisical.Secrets["E2E_GROQ_API_KEY"] = "${prod.vendors.GROQ}";
        infisical.References["${prod.vendors.GROQ}"] = "gsk-meant";

        Assert.Equal("gsk-meant", (await ReadAsync()).Find("E2E_GROQ_API_KEY"));
    }

    [Theory]
    [InlineData("INFISICAL_CLIENT_SECRET", "wrong", "answered 401 to the login: check INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET")]
    [InlineData("INFISICAL_PROJECT_ID", "wrong", "answered 404 to the secrets of /shared/serving-e2e-keys: check INFISICAL_PROJECT_ID")]
    [InlineData("INFISICAL_URL", "http://127.0.0.1:1", "cannot be reached for the login: ")]
    [InlineData("INFISICAL_URL", "ftp://x", "INFISICAL_URL must be an http or https address, not 'ftp://x'")]
    [InlineData("INFISICAL_PROJECT_ID", "", "INFISICAL_PROJECT_ID must be set: with INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET they name")]
    public async Task An_Infisical_that_fails_is_said_in_a_sentence_without_the_secret(string variable, string value, string sentence)
    {
        await using var infisical = await FakeInfisical.StartAsync();
        infisical.TellTo(_environment);
        var secret = _environment["INFISICAL_CLIENT_SECRET"];
        _environment[variable] = value;

        var failed = await Assert.ThrowsAsync<KeySourceException>(ReadAsync);

        Assert.Contains(sentence, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_is_not_asked_for_what_is_there_already()
    {
        _environment["INFISICAL_CLIENT_ID"] = _environment["INFISICAL_CLIENT_SECRET"] = _environment["INFISICAL_PROJECT_ID"] = "x";
        _environment["INFISICAL_URL"] = "http://127.0.0.1:1";
        foreach (var name in _wanted)
        {
            _environment[name] = "there";
        }

        Assert.Equal(_wanted.Order(StringComparer.Ordinal), (await ReadAsync()).Names);
    }

    [Fact]
    public async Task What_is_good_for_one_use_is_not_handed_on_without_where_it_came_from()
    {
        WriteUserSecrets("""{ "E2E_CODEX_AUTH_JSON": "a login", "E2E_KIMI_API_KEY": "sk-kimi-1" }""");

        var keys = await LiveKeys.OfThisMachineAsync(_environment.GetValueOrDefault, ["E2E_CODEX_AUTH_JSON", "E2E_KIMI_API_KEY"], TestContext.Current.CancellationToken);

        Assert.Equal(["E2E_CODEX_AUTH_JSON", "E2E_KIMI_API_KEY"], keys.Names);
        Assert.IsType<UserSecretsKeys>(keys.OriginOf("E2E_CODEX_AUTH_JSON"));
        Assert.Equal(["E2E_KIMI_API_KEY"], keys.ToEnvironment().Keys);
        Assert.Null(keys.OriginOf("E2E_GROQ_API_KEY"));
    }

    public void Dispose() => _home.Dispose();

    private Task<LiveKeys> ReadAsync() => LiveKeys.OfThisMachineAsync(_environment.GetValueOrDefault, _wanted, TestContext.Current.CancellationToken);

    private void WriteUserSecrets(string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_home.Path, ".microsoft", "usersecrets", "molecule-e2e-apphost"));
        File.WriteAllText(Path.Combine(folder.FullName, "secrets.json"), text);
    }
}
