using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Front;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>Refreshes ChatGPT's tokens: <c>POST /oauth/token</c> of https://auth.openai.com (spec 2.2, 3.3).</summary>
internal sealed class ChatGptLogins(RefreshFamilies families, AcceptedCredentials accepted, TimeProvider time)
{
    // An access token lives for about ten days (stranske/Workflows, docs/ops/CODEX_TOKEN_REFRESH.md).
    private const int LifetimeSeconds = 864_000;

    public Task AnswerAsync(Exchange exchange, VendorFake fake, JsonElement? json)
    {
        // grant_type=refresh_token as JSON (spec 2.2).
        if (json is not { } request || request.Text("grant_type") != "refresh_token" || request.Text("refresh_token") is not { Length: > 0 } presented)
        {
            return exchange.RefuseAsync(new Verdict(Refusal(400, "Missing required parameter: 'refresh_token'.", "missing_required_parameter"), "This is no refresh: grant_type has to be refresh_token, with the refresh_token."));
        }

        var used = CredentialFingerprint.Of(presented);
        exchange.Present(used);
        var refresh = "rt_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var next = CredentialFingerprint.Of(refresh);
        switch (families.Use(fake.Id, used, next, out var account))
        {
            case RefreshOutcome.Refreshed:
                var (access, id) = (Token(account!, "access"), Token(account!, "id"));
                var minted = new MintedTokens(CredentialFingerprint.Of(access), next);
                accepted.Accept(new AcceptedCredential(fake.Id, minted.Access, account));
                exchange.Mint(minted);

                // The three that spec 3.3 names, and what RFC 6749, 5.1 asks for besides.
                return exchange.WriteAsync(StatusCodes.Status200OK, WireJson.Write(new { access_token = access, id_token = id, refresh_token = refresh, token_type = "Bearer", expires_in = LifetimeSeconds }));

            // cnlimiter/codex-manager#36; its code: vm0-ai/vm0#27947.
            case RefreshOutcome.Reused:
                return exchange.RefuseAsync(new Verdict(
                    Refusal(401, "Your refresh token has already been used to generate a new access token. Please try signing in again.", "refresh_token_reused"),
                    $"The refresh token {used} had been used before; its family is burnt."));

            // The code is one of the three that the client takes for permanent (decolua/9router#1821); the wording is ours.
            case RefreshOutcome.Burnt:
                return exchange.RefuseAsync(new Verdict(
                    Refusal(401, "Your refresh token has been invalidated. Please try signing in again.", "refresh_token_invalidated"),
                    $"The refresh token {used} belongs to a family that is burnt."));

            // decolua/9router#1821.
            default:
                return exchange.RefuseAsync(new Verdict(
                    Refusal(401, "Could not validate your token. Please try signing in again.", "token_expired"),
                    $"The refresh token {used} has not been registered for {fake.Id}."));
        }
    }

    private static VendorError Refusal(int status, string message, string code) =>
        new(status, WireJson.Write(new { error = new { message, type = "invalid_request_error", param = (string?)null, code } }));

    // Unsigned but well-formed: spec 2.2; the claims: spec/driving-the-runtimes.md 2, ChatGPT subscription.
    private string Token(string account, string use)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = "https://auth.openai.com",
            ["sub"] = "user-" + account,
            ["jti"] = $"{use}-{Guid.NewGuid():N}",
            ["iat"] = now,
            ["exp"] = now + LifetimeSeconds,
            ["email"] = "lane@molecule.invalid",
            ["https://api.openai.com/auth"] = new { chatgpt_plan_type = "plus", chatgpt_user_id = "user-" + account, chatgpt_account_id = account },
        };
        return $"{Part("""{"alg":"none","typ":"JWT"}""")}.{Part(WireJson.Write(claims))}.{Part("sig")}";
    }

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
