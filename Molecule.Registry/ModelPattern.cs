using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Molecule.Registry;

/// <summary>
/// A <c>model_prefix_match</c>. The product's are RE2 (spec 4.3), so this one is matched without backtracking: linear in
/// the id's length, and lookarounds and back references are refused just as RE2 refuses them. An inline <c>(?i)</c> works in both.
/// </summary>
public sealed partial class ModelPattern : IEquatable<ModelPattern>
{
    private readonly Regex _regex;

    private ModelPattern(string text, Regex regex)
    {
        Text = text;
        _regex = regex;
    }

    /// <summary>The expression as written.</summary>
    public string Text { get; }

    /// <summary>Reads an expression; false, with what is wrong with it, when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ModelPattern? pattern, [NotNullWhen(false)] out string? problem)
    {
        if (PosixClass.Match(text) is { Success: true } posix)
        {
            // RE2 knows it; this engine would silently read it as a set of its letters.
            (pattern, problem) = (null, $"the POSIX class {posix.Value} is not read here: write its characters out");
            return false;
        }

        try
        {
            pattern = new ModelPattern(text, new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            problem = null;
            return true;
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            pattern = null;
            problem = error.Message;
            return false;
        }
    }

    /// <summary>Whether the expression is found in the id (anchors are the expression's own matter, as in RE2).</summary>
    public bool Matches(string model) => _regex.IsMatch(model);

    /// <inheritdoc/>
    public bool Equals(ModelPattern? other) => other is not null && other.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ModelPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    [GeneratedRegex(@"\[:\^?[a-z]+:\]", RegexOptions.CultureInvariant)]
    private static partial Regex PosixClass { get; }
}
