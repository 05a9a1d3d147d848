namespace Molecule.AppHost.Up;

/// <summary>How often a resource that dies is started again, and after which pause: 1 s, 2 s, 4 s, ... and at most five times within five minutes.</summary>
public sealed class RestartPolicy(TimeProvider time)
{
    public const int Limit = 5;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly List<long> _deaths = [];

    /// <summary>Counts a death.</summary>
    /// <returns>The pause before the next start and which one of the window it is; null when the limit has been reached.</returns>
    public (TimeSpan Pause, int Attempt)? OnDeath()
    {
        _deaths.RemoveAll(death => time.GetElapsedTime(death) > Window);
        if (_deaths.Count >= Limit)
        {
            return null;
        }

        _deaths.Add(time.GetTimestamp());
        return (TimeSpan.FromSeconds(1 << (_deaths.Count - 1)), _deaths.Count);
    }
}
