using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.Desktop;

/// <summary>The leases on desktops. One statement takes a lease, and the table's key decides between those that come at once.</summary>
/// <remarks>The time is the caller's: a lease ends for all at the instant that its row says, and a late statement with an early time is only more careful.</remarks>
public static class DesktopLeaseStore
{
    private const string Columns =
        """controller AS "Controller", controlled_by AS "ControlledBy", session_id AS "SessionId", acquired_at AS "AcquiredAt", expires_at AS "ExpiresAt" """;

    // The same controller within its lease: it goes on with its session.
    private const string GoesOn = "held.expires_at > @now AND held.controller = EXCLUDED.controller AND held.controlled_by = EXCLUDED.controlled_by";

    private const string Acquire =
        $"""
        INSERT INTO workspace_display_control_locks AS held (workspace_id, controller, controlled_by, expires_at, session_id, acquired_at)
        VALUES (@workspace, @controller, @holder, @until, @session, @now)
        ON CONFLICT (workspace_id) DO UPDATE SET
            controller = EXCLUDED.controller,
            controlled_by = EXCLUDED.controlled_by,
            expires_at = CASE WHEN {GoesOn} THEN LEAST(EXCLUDED.expires_at, held.acquired_at + @longest) ELSE EXCLUDED.expires_at END,
            session_id = CASE WHEN {GoesOn} THEN held.session_id ELSE EXCLUDED.session_id END,
            acquired_at = CASE WHEN {GoesOn} THEN held.acquired_at ELSE EXCLUDED.acquired_at END
        WHERE held.expires_at <= @now OR ({GoesOn}) OR (held.controller = 'agent' AND EXCLUDED.controller = 'user')
        RETURNING {Columns}
        """;

    /// <summary>Takes the lease, renews it or takes it over; in a transaction.</summary>
    /// <returns>The lease as it then stands, and whether it is the caller's.</returns>
    public static async Task<(DesktopLease Lease, bool IsGiven)> AcquireAsync(NpgsqlConnection connection, Guid workspace, DisplayCaller caller, TimeSpan length, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var taken = await connection.QuerySingleOrDefaultAsync<DesktopLease?>(
            Acquire,
            new { workspace, controller = caller.Controller, holder = caller.Name, until = now + length, session = Guid.NewGuid(), now, longest = DesktopLease.LongestSession });

        // A refused statement has locked the row that refused it, which therefore is still there.
        return taken is { } lease ? (lease, true) : (await connection.QuerySingleAsync<DesktopLease>($"SELECT {Columns} FROM workspace_display_control_locks WHERE workspace_id = @workspace", new { workspace }), false);
    }

    /// <summary>The lease that is live; null where nobody holds one.</summary>
    public static Task<DesktopLease?> FindAsync(NpgsqlConnection connection, Guid workspace, DateTimeOffset now) => connection.QuerySingleOrDefaultAsync<DesktopLease?>(
        $"SELECT {Columns} FROM workspace_display_control_locks WHERE workspace_id = @workspace AND expires_at > @now", new { workspace, now });

    /// <summary>Ends one session's lease, if it stands.</summary>
    /// <returns>The lease that was ended.</returns>
    public static Task<DesktopLease?> EndAsync(NpgsqlConnection connection, Guid workspace, Guid session) => connection.QuerySingleOrDefaultAsync<DesktopLease?>(
        $"DELETE FROM workspace_display_control_locks WHERE workspace_id = @workspace AND session_id = @session RETURNING {Columns}", new { workspace, session });

    /// <summary>Gives the caller's lease back, or anybody's by force.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> ReleaseAsync(NpgsqlConnection connection, Guid workspace, DisplayCaller caller, bool force) => await connection.ExecuteAsync(
        "DELETE FROM workspace_display_control_locks WHERE workspace_id = @workspace AND (@force OR (controller = @controller AND controlled_by = @holder))",
        new { workspace, force, controller = caller.Controller, holder = caller.Name }) == 1;
}
