using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.E2E.Tests.Graph;

/// <summary>Watches the parts that every cell needs: a gate's graph starts none of them again, so the first that ends loses the graph (design.md 7).</summary>
internal sealed class GraphWatch(ResourceNotificationService notifications, params ImmutableArray<string> needed)
{
    /// <summary>Waits until one of them has ended and says which, and how.</summary>
    /// <exception cref="OperationCanceledException">None has until now.</exception>
    public async Task<string> LossAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in notifications.WatchAsync(cancellationToken))
        {
            if (needed.Contains(change.Resource.Name) && KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text))
            {
                return $"{change.Resource.Name} ended in the middle of the run with exit code {change.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}";
            }
        }

        throw new OperationCanceledException("The graph stopped.", cancellationToken);
    }
}
