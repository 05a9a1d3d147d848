using System.Text.Json;
using Molecule.Workspace.Agents.Codex;

namespace Molecule.Tests.Workspace;

public sealed class CodexRotationTests
{
    private static readonly string _given = Login("acct-1", "rt-1", "2026-06-01T00:00:00Z");

    [Fact]
    public void A_later_login_of_the_account_with_another_refresh_token_is_a_rotation() =>
        Assert.True(CodexRotation.IsOf(_given, Login("acct-1", "rt-2", "2026-06-01T00:00:00.5Z")));

    [Theory]
    [InlineData("acct-1", "rt-2", "2026-05-31T23:59:59Z")]
    [InlineData("acct-1", "rt-2", "2026-06-01T00:00:00Z")]
    [InlineData("acct-1", "rt-1", "2026-06-02T00:00:00Z")]
    [InlineData("acct-2", "rt-2", "2026-06-02T00:00:00Z")]
    [InlineData("acct-1", "", "2026-06-02T00:00:00Z")]
    [InlineData("acct-1", "rt-2", "yesterday")]
    public void A_stale_file_the_same_login_and_another_accounts_are_none(string account, string refresh, string at) =>
        Assert.False(CodexRotation.IsOf(_given, Login(account, refresh, at)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"tokens\":{}}")]
    public void What_is_no_login_is_none_on_either_side(string text)
    {
        Assert.False(CodexRotation.IsOf(_given, text));
        Assert.False(CodexRotation.IsOf(text, _given));
    }

    private static string Login(string account, string refresh, string at) => JsonSerializer.Serialize(new
    {
        auth_mode = "chatgpt",
        tokens = new { id_token = "i", access_token = "a", refresh_token = refresh, account_id = account },
        last_refresh = at,
    });
}
