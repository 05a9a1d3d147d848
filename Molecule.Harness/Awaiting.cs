namespace Molecule.Harness;

/// <summary>Waits for conditions with a deadline whose message says what was awaited and what was there instead.</summary>
public static class Awaiting
{
    /// <summary>Looks until <paramref name="look"/> yields something, and returns it.</summary>
    /// <param name="awaited">What is awaited, as the object of "waited for".</param>
    /// <param name="look">One look; null while it is not there yet.</param>
    /// <param name="instead">What there was at the last look, for the message.</param>
    /// <param name="deadline">How long to look.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <exception cref="TimeoutException">The deadline has passed.</exception>
    public static async Task<T> UntilAsync<T>(
        string awaited, Func<CancellationToken, Task<T?>> look, Func<string> instead, TimeSpan deadline, TimeProvider clock, CancellationToken cancellationToken)
        where T : class
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            if (await look(cancellationToken).ConfigureAwait(false) is { } found)
            {
                return found;
            }

            if (clock.GetElapsedTime(start) > deadline)
            {
                throw new TimeoutException($"Waited {deadline.TotalSeconds:0} s for {awaited}; at the last look: {instead()}.");
            }

            await Task.Delay(Deadlines.Poll, clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
