namespace Molecule.Harness.Chaos;

/// <summary>How a campaign spreads its kills.</summary>
/// <param name="FirstKill">The first one comes within this time of the gate's start: most of a gate's length, so that every phase of it is met.</param>
/// <param name="NextKill">The others within this time of the one before.</param>
/// <param name="Remains">How long what is left of a run may take to go.</param>
public sealed record ChaosPace(TimeSpan FirstKill, TimeSpan NextKill, TimeSpan Remains)
{
    /// <summary>For a whole gate on two cores (30 s).</summary>
    public static ChaosPace OfAGate { get; } = new(TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(3), Deadlines.Reaped);
}
