using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.Workspace;

/// <summary>A clock that stands still, and tells when somebody has begun to wait by it.</summary>
public sealed class WatchedClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits until somebody waits for so long, and lets that time pass. Timers of other lengths, which came before, are passed over.</summary>
    public async Task PassAsync(TimeSpan wait, TimeSpan deadline)
    {
        using var limit = new CancellationTokenSource(deadline);
        var seen = new List<TimeSpan>();
        try
        {
            do
            {
                seen.Add(await _timers.Reader.ReadAsync(limit.Token));
            }
            while (seen[^1] != wait);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nobody has begun to wait {wait} within {deadline.TotalSeconds:0} s; timers seen: {string.Join(", ", seen)}.");
        }

        Advance(wait);
    }
}
