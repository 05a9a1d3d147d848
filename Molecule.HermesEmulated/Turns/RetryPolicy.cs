namespace Molecule.HermesEmulated.Turns;

/// <summary>How often a request is tried, and how long is waited between: the vendor's retry-after, else a jittered doubling from 2 s to 60 s.</summary>
/// <param name="maxAttempts">In all.</param>
/// <param name="random">The jitter's.</param>
public sealed class RetryPolicy(int maxAttempts, Random random)
{
    // Read in hermes-agent: base_delay=2.0, max_delay=60.0, a retry-after of at most 120 s.
    private static readonly TimeSpan Base = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromSeconds(120);

    public int MaxAttempts { get; } = maxAttempts;

    /// <summary>The wait before the next try; null where there is none.</summary>
    /// <param name="attempt">The try that has failed, from 1.</param>
    /// <param name="asked">What the vendor asks for.</param>
    public TimeSpan? WaitAfter(int attempt, TimeSpan? asked)
    {
        if (attempt >= MaxAttempts)
        {
            return null;
        }

        if (asked is { } wait && wait > TimeSpan.Zero)
        {
            return wait < LongestAsked ? wait : LongestAsked;
        }

        var doubled = Base * Math.Pow(2, attempt - 1);
        var capped = doubled < Longest ? doubled : Longest;
#pragma warning disable CA5394 // jitter, no secret
        return capped * (1 + (random.NextDouble() / 2));
#pragma warning restore CA5394
    }
}
