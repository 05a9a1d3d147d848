namespace Molecule.Tests.HostTools;

/// <summary>Waits on a condition of the outside world, with a deadline whose message names what was awaited.</summary>
internal static class Awaited
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(25);

    public static async Task UntilAsync(string what, TimeSpan limit, Func<bool> holds)
    {
        using var timer = new PeriodicTimer(Between);
        var started = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < limit, $"Waited {limit.TotalSeconds:0} s in vain until {what}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
