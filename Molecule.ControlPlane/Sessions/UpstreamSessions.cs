using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Molecule.ControlPlane.Sessions;

/// <summary>
/// Whether a session cookie is that of a member, asked of the service that knows (spec/control-plane.md 2.1:
/// <c>GET {CP}/cp/auth/tenant-member?slug={org}</c> with the cookie, answered <c>{member,user_id}</c>).
/// </summary>
public sealed partial class UpstreamSessions(HttpClient http, SessionSettings settings, TimeProvider time, ILogger<UpstreamSessions> logger)
{
    private const int LargestAnswer = 64 * 1024;

    // Beyond this many sessions those that are out of date are dropped, so that cookies made up by a stranger cost nothing.
    private const int SweepAbove = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MemberFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StrangerFor = TimeSpan.FromSeconds(5);

    // By digest: a cookie is a secret, and a dump of the process must not hold those of a day.
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>What the cookies of a request are worth. A service that does not answer within 3 s knows nobody.</summary>
    public async Task<Session> FindAsync(HttpRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (settings.Upstream is null || request.Headers.Cookie.ToString() is not { Length: > 0 } cookies)
        {
            return Session.None;
        }

        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(cookies)));
        if (!_known.TryGetValue(key, out var known) || IsOld(known))
        {
            known = new Known(await AskAsync(settings.Upstream, cookies, cancellation), time.GetTimestamp());
            Remember(key, known);
        }

        return known.IsMember ? Session.Member : Session.Invalid;
    }

    private async Task<bool> AskAsync(Uri upstream, string cookies, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"{upstream.AbsoluteUri.TrimEnd('/')}/cp/auth/tenant-member?slug={Uri.EscapeDataString(settings.OrgSlug)}");
        request.Headers.TryAddWithoutValidation("Cookie", cookies);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                return false;
            }

            await response.Content.LoadIntoBufferAsync(LargestAnswer, either.Token);
            return await response.Content.ReadFromJsonAsync<Membership>(either.Token) is { IsMember: true };
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && deadline.IsCancellationRequested))
        {
            LogUnknown(logger, e);
            return false;
        }
    }

    private void Remember(string key, Known known)
    {
        if (_known.Count > SweepAbove)
        {
            foreach (var (old, _) in _known.Where(entry => IsOld(entry.Value)))
            {
                _known.TryRemove(old, out _);
            }
        }

        _known[key] = known;
    }

    private bool IsOld(Known known) => time.GetElapsedTime(known.Since) >= (known.IsMember ? MemberFor : StrangerFor);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A session could not be looked up at CP_UPSTREAM_URL; its cookie opens nothing.")]
    private static partial void LogUnknown(ILogger logger, Exception error);

    private readonly record struct Known(bool IsMember, long Since);

    private sealed record Membership([property: JsonPropertyName("member")] bool IsMember);
}

/// <summary>What a request's cookies are worth.</summary>
public enum Session
{
    /// <summary>There are none, or nobody who could tell.</summary>
    None,

    /// <summary>Of a member of this organisation.</summary>
    Member,

    /// <summary>Of nobody who may come in.</summary>
    Invalid,
}
