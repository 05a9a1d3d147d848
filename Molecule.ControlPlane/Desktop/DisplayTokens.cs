using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.ControlPlane.Desktop;

/// <summary>Tokens that open a display's WebSocket (spec/runtimes-and-providers.md 5.1): signed over workspace, holder and expiry, and here over the session too.</summary>
/// <remarks>
/// A control token is good for its session's longest time, but only while the session's lease is live: so the URL that a dropped connection
/// had still serves after any number of renewals, and serves nobody once control has gone to another.
/// </remarks>
public sealed class DisplayTokens(Settings settings, TimeProvider time)
{
    /// <summary>How long a viewer's token lasts.</summary>
    public static readonly TimeSpan ViewerLife = TimeSpan.FromSeconds(300);

    private const string Viewer = "viewer";

    private readonly ImmutableArray<byte>? _key = settings.Desktop.SigningKey;

    /// <summary>Whether tokens can be made at all.</summary>
    public bool CanSign => _key is not null;

    /// <summary>Where the lease's holder connects; the same however often it is asked for within one session.</summary>
    public string SessionUrl(Guid workspace, DesktopLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return Url(workspace, lease.ControlledBy, lease.SessionId.ToString(), lease.AcquiredAt + DesktopLease.LongestSession);
    }

    /// <summary>Where anybody who may see the workspace looks on.</summary>
    public string ViewUrl(Guid workspace) => Url(workspace, Viewer, Viewer, time.GetUtcNow() + ViewerLife);

    /// <summary>What a token opens; null where it is forged, of another workspace or too old.</summary>
    public DisplayAccess? Read(string token, Guid workspace)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_key is not { } key || token.Split('.') is not [var text, var signature] || Decode(text) is not { } signed || Decode(signature) is not { } mac
            || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key.AsSpan(), signed), mac))
        {
            return null;
        }

        return Encoding.UTF8.GetString(signed).Split('|') is [var of, _, var session, var expiry]
            && of == workspace.ToString()
            && time.GetUtcNow() < DateTimeOffset.FromUnixTimeSeconds(long.Parse(expiry, CultureInfo.InvariantCulture))
            ? new DisplayAccess(session == Viewer ? null : Guid.Parse(session))
            : null;
    }

    private string Url(Guid workspace, string holder, string session, DateTimeOffset expiry)
    {
        if (_key is not { } key)
        {
            throw new InvalidOperationException("No display token can be made without a key.");
        }

        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{workspace}|{holder}|{session}|{expiry.ToUnixTimeSeconds()}"));
        return $"/workspaces/{workspace}/display/session/websockify#token={Base64Url.EncodeToString(signed)}.{Base64Url.EncodeToString(HMACSHA256.HashData(key.AsSpan(), signed))}";
    }

    private static byte[]? Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>What a good token opens.</summary>
/// <param name="Session">The session that it controls; null: it may look on.</param>
public sealed record DisplayAccess(Guid? Session);
