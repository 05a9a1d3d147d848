using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Molecule.Coverage.Planning;

/// <summary>A cell id in which <c>*</c> stands for any text within one segment: <c>openclaw/*/serving@mock</c>.</summary>
internal sealed partial class CellPattern
{
    private const string NoAxis = "-";

    private readonly string _text;
    private readonly Segment _runtime;
    private readonly Segment _arm;
    private readonly Segment _feature;
    private readonly Segment _mode;

    private CellPattern(string text)
    {
        _text = text;
        var segments = text.Split('/', '@');
        (_runtime, _arm, _feature, _mode) = (new(segments[0]), new(segments[1]), new(segments[2]), new(segments[3]));
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out CellPattern? pattern)
    {
        pattern = Form.IsMatch(text) ? new CellPattern(text) : null;
        return pattern is not null;
    }

    public bool Matches(CellId id) =>
        _runtime.Matches(id.Runtime ?? NoAxis) && _arm.Matches(id.Arm ?? NoAxis) && _feature.Matches(id.Feature) && _mode.Matches(id.Mode is CellMode.Live ? "live" : "mock");

    public override string ToString() => _text;

    [GeneratedRegex(@"^[a-z0-9._*-]+/[a-z0-9._*-]+/[a-z0-9._*-]+@[a-z*]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }

    // Segment by segment: the expression over whole ids cost half of a big plan (docs/performance.md).
    private sealed class Segment(string text)
    {
        private readonly Regex? _form = text.Contains('*', StringComparison.Ordinal)
            ? new Regex($@"^{Regex.Escape(text).Replace(@"\*", ".*", StringComparison.Ordinal)}\z", RegexOptions.CultureInvariant)
            : null;

        public bool Matches(string name) => _form?.IsMatch(name) ?? name == text;
    }
}
