using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.Harness;

/// <summary>A clock whose wall time can be set while time itself, its timers and timestamps, goes on as ever; FakeTimeProvider's own AdjustTime moves both.</summary>
public sealed class JumpingClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>By how much the wall clock is off.</summary>
    public TimeSpan Set { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Set;

    // The base reads the wall clock for this.
    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
