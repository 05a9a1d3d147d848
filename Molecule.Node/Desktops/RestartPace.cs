namespace Molecule.Node.Desktops;

/// <summary>When a desktop that has ended by itself is started again: ever later, and not for ever. One that has run well begins from the start.</summary>
/// <param name="time">The clock.</param>
public sealed class RestartPace(TimeProvider time)
{
    /// <summary>The first pause; each further one is twice as long, <see cref="Longest"/> at most.</summary>
    public static TimeSpan First { get; } = TimeSpan.FromSeconds(0.5);

    /// <inheritdoc cref="First"/>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(8);

    /// <summary>How often in a row it is started again.</summary>
    public const int Limit = 6;

    /// <summary>Who has run as long has run well.</summary>
    public static TimeSpan Well { get; } = TimeSpan.FromMinutes(1);

    private long _begun = time.GetTimestamp();
    private int _inARow;

    /// <summary>Says that it runs.</summary>
    public void Begun() => _begun = time.GetTimestamp();

    /// <summary>Says that it has ended.</summary>
    /// <returns>The pause before it is started again; null where it is given up.</returns>
    public TimeSpan? Ended()
    {
        if (time.GetElapsedTime(_begun) >= Well)
        {
            _inARow = 0;
        }

        if (_inARow == Limit)
        {
            return null;
        }

        var pause = First * Math.Pow(2, _inARow++);
        return pause < Longest ? pause : Longest;
    }
}
