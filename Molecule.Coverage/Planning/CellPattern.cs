using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Molecule.Coverage.Planning;

/// <summary>A cell id in which <c>*</c> stands for any text within one segment: <c>openclaw/*/serving@mock</c>.</summary>
internal sealed partial class CellPattern
{
    private readonly string _text;
    private readonly Regex _form;

    private CellPattern(string text)
    {
        _text = text;
        _form = new Regex($@"^{Regex.Escape(text).Replace(@"\*", "[^/@]*", StringComparison.Ordinal)}\z", RegexOptions.CultureInvariant);
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out CellPattern? pattern)
    {
        pattern = Form.IsMatch(text) ? new CellPattern(text) : null;
        return pattern is not null;
    }

    public bool Matches(CellId id) => _form.IsMatch(id.ToString());

    public override string ToString() => _text;

    [GeneratedRegex(@"^[a-z0-9._*-]+/[a-z0-9._*-]+/[a-z0-9._*-]+@[a-z*]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }
}
