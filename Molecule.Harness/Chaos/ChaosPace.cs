namespace Molecule.Harness.Chaos;

/// <summary>How a campaign spreads its kills.</summary>
/// <param name="Life">A round's first kill comes within this time of its gate's start; null for the length of an undisturbed gate, measured by the campaign's first round.</param>
/// <param name="NextKill">Each further one comes within this time of the one before.</param>
/// <param name="Remains">How long what is left of a run may take to go.</param>
public sealed record ChaosPace(TimeSpan? Life, TimeSpan NextKill, TimeSpan Remains)
{
    public static ChaosPace OfAGate { get; } = new(Life: null, TimeSpan.FromSeconds(3), Deadlines.Reaped);
}
