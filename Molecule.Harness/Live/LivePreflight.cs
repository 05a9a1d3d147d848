using System.Collections.Immutable;
using System.Net;
using Molecule.Contracts.Journal;
using Molecule.Harness.Keys;
using Molecule.Harness.Logins;
using Molecule.Registry;

namespace Molecule.Harness.Live;

/// <summary>What an arm's vendor said to its key before any cell ran.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Key">The key's name.</param>
/// <param name="IsDead">Whether the vendor refuses the key.</param>
/// <param name="Text">What it answered.</param>
public sealed record Preflight(string Arm, string Key, bool IsDead, string Text)
{
    public override string ToString() => $"preflight {Arm}: {(IsDead ? $"DEAD KEY {Key}" : Key)}: {Text}";
}

/// <summary>Asks each arm's vendor for its list of models with the arm's key: cheap, and enough to find a dead key before money is spent on cells.</summary>
public sealed class LivePreflight(ProviderRegistry registry, LiveKeys keys, Func<string, string?> environment, HttpClient http, TimeProvider clock)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    /// <summary>Asks for the arms that have a key and a live path.</summary>
    public async Task<ImmutableArray<Preflight>> RunAsync(IEnumerable<string> arms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(arms);
        var asked = await Task.WhenAll(arms.Distinct().Select(arm => AskAsync(arm, cancellationToken))).ConfigureAwait(false);
        return [.. asked.OfType<Preflight>()];
    }

    private async Task<Preflight?> AskAsync(string name, CancellationToken cancellationToken)
    {
        if (LiveArms.Find(name) is not { } arm || registry.FindProvider(name) is not { } provider || keys.Find(LiveArms.KeyOf(provider)) is not { } key)
        {
            return null;
        }

        var variable = LiveArms.KeyOf(provider);
        if (arm.Auth is CredentialForm.BearerAccountId)
        {
            return await AskWithLoginAsync(arm, variable, key, cancellationToken).ConfigureAwait(false);
        }

        var (at, isDead, text) = await SendAsync(arm, key, cancellationToken).ConfigureAwait(false);
        return new Preflight(name, variable, isDead, $"{at} {text}");
    }

    // What an access token is refused for may be healed by its refresh, which is not the preflight's to use up.
    private async Task<Preflight> AskWithLoginAsync(LiveArm arm, string variable, string key, CancellationToken cancellationToken)
    {
        if (!ChatGptLogin.TryRead(key, out var login))
        {
            return new Preflight(arm.Arm, variable, IsDead: true, "it is no auth.json of a ChatGPT login, with access_token, refresh_token, account_id and last_refresh");
        }

        if (login.Expires <= clock.GetUtcNow())
        {
            return new Preflight(arm.Arm, variable, IsDead: false, $"its access token has run out at {login.Expires:u}; it is refreshed before its cell runs");
        }

        var (at, isRefused, text) = await SendAsync(arm, login.Access, cancellationToken, login.Account).ConfigureAwait(false);
        return new Preflight(arm.Arm, variable, IsDead: false, isRefused ? $"{at} refuses its access token, which says nothing of the refresh" : $"{at} {text}");
    }

    private async Task<(string At, bool IsDead, string Text)> SendAsync(LiveArm arm, string key, CancellationToken cancellationToken, string? account = null)
    {
        var url = new Uri((LiveArms.OverrideOf(arm.Arm, environment) ?? arm.Base).AbsoluteUri.TrimEnd('/') + arm.List);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        Sign(request, arm.Auth, key.Trim());
        if (account is not null)
        {
            // spec/runtimes-and-providers.md 3.3
            request.Headers.TryAddWithoutValidation("ChatGPT-Account-Id", account);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_limit);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);

            // Google answers an unknown key 400 INVALID_ARGUMENT, "API key not valid" (spec/runtimes-and-providers.md 3.5).
            var isDead = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                || (answer.StatusCode is HttpStatusCode.BadRequest && url.Host == "generativelanguage.googleapis.com");
            return (url.Authority, isDead, $"answered {(int)answer.StatusCode}{(isDead ? ", it refuses the key" : answer.IsSuccessStatusCode ? "" : ", which says nothing of the key")}");
        }
        catch (HttpRequestException e)
        {
            return (url.Authority, false, $"cannot be reached, which says nothing of the key: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (url.Authority, false, $"did not answer within {_limit.TotalSeconds:0} s, which says nothing of the key");
        }
    }

    private static void Sign(HttpRequestMessage request, CredentialForm form, string key)
    {
        switch (form)
        {
            case CredentialForm.XApiKey:
                request.Headers.TryAddWithoutValidation("x-api-key", key);
                request.Headers.Add("anthropic-version", "2023-06-01");
                break;
            case CredentialForm.XGoogApiKey:
                request.Headers.TryAddWithoutValidation("x-goog-api-key", key);
                break;
            case CredentialForm.BearerOauthBeta:
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
                request.Headers.Add("anthropic-version", "2023-06-01");
                request.Headers.Add("anthropic-beta", "oauth-2025-04-20");
                break;
            default:
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
                break;
        }
    }
}
