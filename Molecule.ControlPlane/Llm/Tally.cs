using System.Text;
using Molecule.Contracts.Journal;

namespace Molecule.ControlPlane.Llm;

/// <summary>What is read of an answer while it passes: its text, its tokens, whether its end has come.</summary>
public sealed class Tally
{
    // The journal keeps no more (Molecule.Contracts.Journal.JournalEntry).
    private const int TextLimit = 2_000;

    private readonly StringBuilder _text = new();
    private long? _input;
    private long? _output;

    /// <summary>The event after which the client has all it wants.</summary>
    public bool HasEnded { get; private set; }

    public string? Text => _text.Length > 0 ? _text.ToString() : null;

    public TokenCount? Tokens => _input is null && _output is null ? null : new TokenCount(_input ?? 0, _output ?? 0);

    public void Say(string? text)
    {
        if (text is not null && _text.Length < TextLimit)
        {
            _text.Append(text.AsSpan(0, Math.Min(text.Length, TextLimit - _text.Length)));
        }
    }

    /// <summary>Takes figures over; those that are not said stay. Vendors' later figures are cumulative.</summary>
    public void Spend(long? input, long? output)
    {
        _input = input ?? _input;
        _output = output ?? _output;
    }

    public void End() => HasEnded = true;
}
