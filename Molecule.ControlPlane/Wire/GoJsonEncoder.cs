using System.Text;
using System.Text.Encodings.Web;

namespace Molecule.ControlPlane.Wire;

/// <summary>Escapes strings as Go's encoding/json does (https://pkg.go.dev/encoding/json#Marshal): what JSON demands, <c>&lt; &gt; &amp;</c>, U+2028 and U+2029; all else is raw.</summary>
/// <remarks>The framework's relaxed encoder leaves the three marks raw and escapes everything beyond the basic plane.</remarks>
internal sealed class GoJsonEncoder : JavaScriptEncoder
{
    private const string Hex = "0123456789abcdef";
    private const int LongestEscape = 6;

    public override int MaxOutputCharactersPerInputCharacter => LongestEscape;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\' or '<' or '>' or '&' or 0x2028 or 0x2029;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var rest = new ReadOnlySpan<char>(text, textLength);
        for (var at = 0; at < rest.Length;)
        {
            if (Rune.DecodeFromUtf16(rest[at..], out var rune, out var length) is not System.Buffers.OperationStatus.Done || WillEncode(rune.Value))
            {
                return at;
            }

            at += length;
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var target = new Span<char>(buffer, bufferLength);
        if (!WillEncode(unicodeScalar))
        {
            return new Rune(unicodeScalar).TryEncodeToUtf16(target, out numberOfCharactersWritten);
        }

        var brief = unicodeScalar switch { '"' => "\\\"", '\\' => @"\\", '\b' => @"\b", '\f' => @"\f", '\n' => @"\n", '\r' => @"\r", '\t' => @"\t", _ => null };
        var text = brief ?? $"\\u{Hex[unicodeScalar >> 12]}{Hex[(unicodeScalar >> 8) & 15]}{Hex[(unicodeScalar >> 4) & 15]}{Hex[unicodeScalar & 15]}";
        var fits = text.TryCopyTo(target);
        numberOfCharactersWritten = fits ? text.Length : 0;
        return fits;
    }
}
