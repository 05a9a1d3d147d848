namespace Molecule.Registry.Mirror;

/// <summary>How a file came to differ.</summary>
public enum DriftKind
{
    /// <summary>The sha-256 differs, the fingerprint is equal: comments or layout.</summary>
    CommentEdit,

    /// <summary>The fingerprint differs: another registry.</summary>
    DataEdit,

    /// <summary>It is as it was generated, of an older source.</summary>
    ForgottenRegeneration,

    /// <summary>It is not as it was generated.</summary>
    HandEdited,

    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>Two files that must agree do not.</summary>
    Disagreement,
}

/// <summary>One thing that has drifted.</summary>
/// <param name="File">The file, from the repository's root.</param>
/// <param name="Kind">How.</param>
/// <param name="Message">What differs, by provider and field where it can be told, and the mend.</param>
public sealed record DriftFinding(string File, DriftKind Kind, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}: {Word}: {Message}";

    private string Word => Kind switch
    {
        DriftKind.CommentEdit => "comment edit",
        DriftKind.DataEdit => "data edit",
        DriftKind.ForgottenRegeneration => "forgotten regeneration",
        DriftKind.HandEdited => "hand-edited",
        DriftKind.Missing => "missing",
        DriftKind.Disagreement => "disagreement",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "no such kind of drift"),
    };
}
