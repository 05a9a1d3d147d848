using System.Collections.Immutable;
using Molecule.Harness.Clients;

namespace Molecule.Harness.Lanes;

/// <summary>Gathers what the events of one streamed turn bring, and when.</summary>
internal sealed class StreamedTurn(TimeProvider clock)
{
    private readonly List<string> _pieces = [];
    private readonly List<string> _states = [];
    private int _beforeTheEnd;
    private readonly List<TimeSpan> _at = [];
    private bool _released;
    private long _first;

    public string Text => string.Concat(_pieces);

    public StreamFacts Facts => new([.. _pieces], _beforeTheEnd, [.. _at], [.. _states]);

    /// <summary>Takes one event.</summary>
    /// <returns>Whether it brought the first piece of text.</returns>
    public bool Take(AgentEvent next)
    {
        if (next.State is { } state && _states.LastOrDefault() != state)
        {
            _states.Add(state);
        }

        if (next.Text.Length == 0)
        {
            return false;
        }

        _pieces.Add(next.Text);
        _beforeTheEnd += _released ? 0 : 1;
        if (_pieces.Count == 1)
        {
            _first = clock.GetTimestamp();
        }

        _at.Add(clock.GetElapsedTime(_first));
        return _pieces.Count == 1;
    }

    /// <summary>The vendor goes on with its answer.</summary>
    public void Released() => _released = true;

    public override string ToString() => $"{_pieces.Count} pieces of text; states: {(_states.Count > 0 ? string.Join(", ", _states) : "none")}";
}
