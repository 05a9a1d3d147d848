using Microsoft.Extensions.Time.Testing;
using Molecule.AppHost.Up;

namespace Molecule.Tests.AppHost;

public sealed class RestartPolicyTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_pause_doubles_with_each_death()
    {
        var policy = new RestartPolicy(_time);

        Assert.Equal([1d, 2d, 4d, 8d, 16d], Enumerable.Range(0, 5).Select(_ => policy.OnDeath()!.Value.Pause.TotalSeconds));
    }

    [Fact]
    public void The_sixth_death_within_five_minutes_is_the_last()
    {
        var policy = new RestartPolicy(_time);
        for (var death = 1; death <= 5; death++)
        {
            Assert.Equal(death, policy.OnDeath()!.Value.Attempt);
        }

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(policy.OnDeath());
    }

    [Fact]
    public void Deaths_of_more_than_five_minutes_ago_no_longer_count()
    {
        var policy = new RestartPolicy(_time);
        for (var death = 0; death < 5; death++)
        {
            policy.OnDeath();
        }

        _time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromTicks(1));
        Assert.Equal((TimeSpan.FromSeconds(1), 1), policy.OnDeath());
    }
}
