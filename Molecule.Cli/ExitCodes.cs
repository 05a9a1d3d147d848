namespace Molecule.Cli;

/// <summary>The launcher's own exit codes; 0, 3, 4 and 5 come from the verdict (design.md 7).</summary>
internal static class ExitCodes
{
    public const int Internal = 1;

    public const int Usage = 2;

    /// <summary>A campaign found what must never be.</summary>
    public const int Failed = 3;

    /// <summary>What was required was not asked.</summary>
    public const int Uncovered = 4;

    /// <summary>A written exception is over.</summary>
    public const int Expired = 5;
}
