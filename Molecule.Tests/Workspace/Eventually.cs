namespace Molecule.Tests.Workspace;

/// <summary>Waits for a condition, with a deadline that says what was awaited.</summary>
public static class Eventually
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    public static async Task HoldsAsync(Func<bool> condition, TimeSpan deadline, string what)
    {
        var end = TimeProvider.System.GetTimestamp() + (long)(deadline.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            if (TimeProvider.System.GetTimestamp() > end)
            {
                throw new TimeoutException($"Not within {deadline.TotalSeconds} s: {what}.");
            }

            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }
}
