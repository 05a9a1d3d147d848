namespace Molecule.Harness.Lanes;

/// <summary>A lane could not be run to its end; the message says at which step and what was there.</summary>
public sealed class LaneException : Exception
{
    public LaneException(string message)
        : base(message)
    {
    }

    public LaneException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
