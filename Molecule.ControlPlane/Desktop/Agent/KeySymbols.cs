using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Molecule.ControlPlane.Desktop.Agent;

/// <summary>What keys are called on the wire: the symbols of X11 (RFC 6143 7.5.4; X11's keysymdef.h).</summary>
internal static class KeySymbols
{
    private static readonly FrozenDictionary<string, uint> _named = new Dictionary<string, uint>(StringComparer.OrdinalIgnoreCase)
    {
        ["BackSpace"] = 0xff08,
        ["Tab"] = 0xff09,
        ["Return"] = 0xff0d,
        ["Enter"] = 0xff0d,
        ["Escape"] = 0xff1b,
        ["Home"] = 0xff50,
        ["Left"] = 0xff51,
        ["Up"] = 0xff52,
        ["Right"] = 0xff53,
        ["Down"] = 0xff54,
        ["Page_Up"] = 0xff55,
        ["Page_Down"] = 0xff56,
        ["End"] = 0xff57,
        ["Insert"] = 0xff63,
        ["Delete"] = 0xffff,
        ["space"] = 0x20,
        ["shift"] = 0xffe1,
        ["ctrl"] = 0xffe3,
        ["alt"] = 0xffe9,
        ["super"] = 0xffeb,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Of a chord like <c>ctrl+shift+t</c>, in its order; null where a key of it is unknown.</summary>
    public static uint[]? OfChord(string chord)
    {
        // "+" is a key too, alone or last: "ctrl++".
        var keys = chord == "+" ? ["+"] : chord.EndsWith("++", StringComparison.Ordinal) ? [.. chord[..^2].Split('+'), "+"] : chord.Split('+');
        var symbols = keys.Select(OfKey).ToArray();
        return symbols.Contains(null) ? null : [.. symbols.Select(static s => s!.Value)];
    }

    /// <summary>Of a character: below 256 its Latin-1 code, above that its code point with a mark; a line's end is Return.</summary>
    public static uint Of(Rune character) => character.Value switch
    {
        '\n' => 0xff0d,
        '\t' => 0xff09,
        < 0x100 and var latin => (uint)latin,
        var other => 0x01000000u + (uint)other,
    };

    private static uint? OfKey(string key) =>
        _named.TryGetValue(key, out var symbol) ? symbol
        : key.EnumerateRunes().ToArray() is [var single] ? Of(single)
        : key is ['F' or 'f', _, ..] && int.TryParse(key.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 12 ? 0xffbdu + (uint)n
        : null;
}
