using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;

namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>Whether a connection's session still has control. The database says it, and nothing that is remembered.</summary>
internal sealed class SessionWatch(MoleculeDatabase database, EventFeed feed, TimeProvider time, Guid workspace, Guid session)
{
    /// <summary>Whether it has control now.</summary>
    public async Task<bool> HoldsAsync(CancellationToken cancellation) => await FindAsync(cancellation) is not null;

    /// <summary>Ends once it has lost control: at the instant that its lease runs out, or as soon as any control plane has given it to another.</summary>
    public async Task LostAsync(CancellationToken cancellation)
    {
        while (true)
        {
            // Joined before the lease is read: what changes after that is told.
            using var subscription = feed.Subscribe();
            if (await FindAsync(cancellation) is not { } lease)
            {
                return;
            }

            await ChangeAsync(subscription, lease.ExpiresAt - time.GetUtcNow(), cancellation);
        }
    }

    // Until somebody did something to the workspace's control, events were missed, or the time is over.
    private async Task ChangeAsync(EventFeed.Subscription subscription, TimeSpan left, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        try
        {
            await foreach (var happened in subscription.Events.ReadAllAsync(either.Token))
            {
                if (happened.WorkspaceId == workspace && happened.Event.StartsWith(DisplayEvents.Prefix, StringComparison.Ordinal))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The lease has run out, unless it was renewed.
        }
    }

    private async Task<DesktopLease?> FindAsync(CancellationToken cancellation) =>
        await database.QueryAsync(connection => DesktopLeaseStore.FindAsync(connection, workspace, time.GetUtcNow()), cancellation) is { } lease && lease.SessionId == session ? lease : null;
}
