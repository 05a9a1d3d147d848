using System.Text;

namespace Molecule.ControlPlane.Desktop.Agent;

/// <summary>One thing that an agent does on its desktop: the body of <c>POST .../desktop/input</c>. The product's shape is not known; this one names its runtime tools.</summary>
/// <param name="Action"><c>click</c>, <c>type</c> or <c>key</c>.</param>
/// <param name="X">Of a click, in pixels from the left.</param>
/// <param name="Y">Of a click, in pixels from the top.</param>
/// <param name="Button">Of a click: <c>left</c> unless said, <c>middle</c>, <c>right</c>.</param>
/// <param name="Count">Of a click: how often, once unless said.</param>
/// <param name="Text">What is typed.</param>
/// <param name="Key">A key or a chord: <c>Return</c>, <c>ctrl+l</c>.</param>
internal sealed record DesktopInput(string? Action, int? X, int? Y, string? Button, int? Count, string? Text, string? Key)
{
    private const int LongestText = 10_000;
    private const int MostClicks = 3;

    /// <summary>What is wrong with it, for a desktop of a size; null where nothing is.</summary>
    public string? Problem(int width, int height) => Action switch
    {
        "click" when X is not { } x || Y is not { } y || x < 0 || y < 0 || x >= width || y >= height => $"x and y must lie on the desktop, which is {width} by {height}",
        "click" when Bit is null => "button must be 'left', 'middle' or 'right'",
        "click" when Count is < 1 or > MostClicks => $"count must be between 1 and {MostClicks}",
        "type" when Text is not { Length: > 0 and <= LongestText } => $"text must have between 1 and {LongestText} characters",
        "type" when Text!.EnumerateRunes().Any(static r => Rune.IsControl(r) && r.Value is not ('\n' or '\t')) => "text must hold no control characters but line ends and tabs",
        "key" when Key is not { Length: > 0 and <= 64 } key || KeySymbols.OfChord(key) is null => "key must be a key like 'Return', 'F5' or 'a', or several joined by '+'",
        "click" or "type" or "key" => null,
        _ => "action must be 'click', 'type' or 'key'",
    };

    /// <summary>Does it; nothing is left pressed.</summary>
    public async Task DoAsync(RfbSession session, CancellationToken cancellation)
    {
        switch (Action)
        {
            case "click":
                await session.PointAsync(X!.Value, Y!.Value, buttons: 0, cancellation);
                for (var n = 0; n < (Count ?? 1); n++)
                {
                    await session.PointAsync(X.Value, Y.Value, Bit!.Value, cancellation);
                    await session.PointAsync(X.Value, Y.Value, buttons: 0, cancellation);
                }

                break;
            case "type":
                foreach (var symbol in Text!.EnumerateRunes().Select(KeySymbols.Of))
                {
                    await session.KeyAsync(symbol, isDown: true, cancellation);
                    await session.KeyAsync(symbol, isDown: false, cancellation);
                }

                break;
            default:
                var chord = KeySymbols.OfChord(Key!)!;
                foreach (var symbol in chord)
                {
                    await session.KeyAsync(symbol, isDown: true, cancellation);
                }

                foreach (var symbol in chord.Reverse())
                {
                    await session.KeyAsync(symbol, isDown: false, cancellation);
                }

                break;
        }

        await session.SettleAsync(cancellation);
    }

    // RFC 6143 7.5.5: bit 0 is the left button, 1 the middle, 2 the right.
    private byte? Bit => Button switch
    {
        null or "left" => 1,
        "middle" => 2,
        "right" => 4,
        _ => null,
    };
}
