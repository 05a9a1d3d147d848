namespace Molecule.ControlPlane.Workspaces;

/// <summary>Notices that the wall clock went another way than time did: it was set, or the machine slept. Thread-safe.</summary>
internal sealed class WallClock(TimeProvider time)
{
    // More than NTP slews a clock in any interval, and less than any silence that counts.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private (DateTimeOffset Wall, long Stamp) _last = (time.GetUtcNow(), time.GetTimestamp());
    private long? _jumped;

    /// <summary>By how much it has jumped since the last look, forward or back; null where it has not.</summary>
    public TimeSpan? Jumped()
    {
        lock (_lock)
        {
            var (wall, stamp) = Read();
            var jump = wall - _last.Wall - time.GetElapsedTime(_last.Stamp, stamp);
            _last = (wall, stamp);
            if (jump.Duration() <= Tolerance)
            {
                return null;
            }

            _jumped = stamp;
            return jump;
        }
    }

    // Both of one moment: a thread that was held up between the two would see a jump.
    private (DateTimeOffset Wall, long Stamp) Read()
    {
        while (true)
        {
            var before = time.GetTimestamp();
            var wall = time.GetUtcNow();
            var after = time.GetTimestamp();
            if (time.GetElapsedTime(before, after) < Tolerance / 2)
            {
                return (wall, after);
            }
        }
    }

    /// <summary>How long ago the last jump was noticed; for ever where there was none.</summary>
    public TimeSpan SinceJump()
    {
        lock (_lock)
        {
            return _jumped is { } jumped ? time.GetElapsedTime(jumped) : TimeSpan.MaxValue;
        }
    }
}
