using System.Text;

namespace Molecule.Workspace.Agents;

/// <summary>Passes an answer on piece by piece, so that the pieces together are the answer without white space around it.</summary>
public sealed class AnswerStream(Action<string> onText)
{
    private readonly StringBuilder _held = new();
    private bool _begun;

    /// <summary>A further message of the same turn begins.</summary>
    public void BeginMessage()
    {
        _held.Clear();
        if (_begun)
        {
            _held.Append("\n\n");
        }
    }

    public void Add(string piece)
    {
        // White space at the end is held until something follows it.
        var text = _begun ? piece : piece.TrimStart();
        var shown = text.AsSpan().TrimEnd().Length;
        if (shown > 0)
        {
            onText(_held.Append(text.AsSpan(0, shown)).ToString());
            _held.Clear();
            _begun = true;
        }

        if (_begun)
        {
            _held.Append(text.AsSpan(shown));
        }
    }
}
