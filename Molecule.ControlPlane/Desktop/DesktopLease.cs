namespace Molecule.ControlPlane.Desktop;

/// <summary>Who controls a workspace's desktop, and until when (spec/runtimes-and-providers.md 5.1).</summary>
public sealed record DesktopLease
{
    /// <summary>The controllers' names on the wire.</summary>
    public const string User = "user";

    /// <inheritdoc cref="User"/>
    public const string Agent = "agent";

    /// <summary>How long one session may last, however often it is renewed.</summary>
    public static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);

    public required string Controller { get; init; }

    public required string ControlledBy { get; init; }

    /// <summary>Stays the same as long as its holder renews in time.</summary>
    public Guid SessionId { get; init; }

    public DateTime AcquiredAt { get; init; }

    public DateTime ExpiresAt { get; init; }

    /// <summary>Whether it is this one's.</summary>
    public bool IsOf(DisplayCaller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return Controller == caller.Controller && ControlledBy == caller.Name;
    }
}
