using Microsoft.Extensions.Time.Testing;
using Molecule.Node.Desktops;

namespace Molecule.Tests.Desktop;

/// <summary>When a desktop that has ended by itself is started again, and when no more.</summary>
public sealed class RestartPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_pauses_grow_up_to_the_longest_and_then_it_is_given_up()
    {
        var pace = new RestartPace(_time);

        Assert.Equal([0.5, 1, 2, 4, 8, 8, null], Enumerable.Range(0, 7).Select(_ => pace.Ended()?.TotalSeconds));
        Assert.Null(pace.Ended());
    }

    [Theory]
    [InlineData(59, 1.0)]
    [InlineData(60, 0.5)]
    public void One_that_has_run_for_a_minute_has_run_well_and_begins_from_the_first_pause(int seconds, double pause)
    {
        var pace = new RestartPace(_time);
        pace.Ended();
        pace.Begun();
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(pause, pace.Ended()?.TotalSeconds);
    }
}
