using System.Text;
using System.Text.Json;
using Molecule.Harness.Logins;

namespace Molecule.Tests.Harness.Logins;

/// <summary>Writes ChatGPT logins for tests, as spec/driving-the-runtimes.md 2 (ChatGPT subscription) shows them.</summary>
internal static class SomeLogin
{
    public const string Name = "E2E_CODEX_AUTH_JSON";

    public static readonly DateTimeOffset Noon = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The text of an auth.json.</summary>
    public static string Text(string refresh, DateTimeOffset at, DateTimeOffset? expires = null, string account = "acct-1") => JsonSerializer.Serialize(new
    {
        auth_mode = "chatgpt",
        OPENAI_API_KEY = (string?)null,
        tokens = new { id_token = Jwt("id-" + refresh, expires ?? Noon.AddDays(8), account), access_token = Jwt("access-" + refresh, expires ?? Noon.AddDays(8), account), refresh_token = refresh, account_id = account },
        last_refresh = at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"),
    });

    public static ChatGptLogin Of(string text) => ChatGptLogin.TryRead(text, out var login) ? login : throw new InvalidOperationException("The test's own login cannot be read.");

    /// <summary>An unsigned access token.</summary>
    public static string Jwt(string id, DateTimeOffset expires, string account = "acct-1") => $"{Part("""{"alg":"none","typ":"JWT"}""")}.{Part(JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["jti"] = id,
        ["exp"] = expires.ToUnixTimeSeconds(),
        ["https://api.openai.com/auth"] = new { chatgpt_plan_type = "plus", chatgpt_user_id = "user-" + account, chatgpt_account_id = account },
    }))}.c2ln";

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
