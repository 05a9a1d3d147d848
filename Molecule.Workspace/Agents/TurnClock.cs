namespace Molecule.Workspace.Agents;

/// <summary>The two limits of one turn: how long it may take, and how long its program may be silent in it; and the caller, who may go.</summary>
internal sealed class TurnClock : IDisposable
{
    private readonly TurnLimits _limits;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _total;
    private readonly CancellationTokenSource _any;

    public TurnClock(TurnLimits limits, TimeProvider time, CancellationToken caller)
    {
        _limits = limits;
        _caller = caller;
        _silence = new CancellationTokenSource(limits.Silence, time);
        _total = new CancellationTokenSource(limits.Turn, time);
        _any = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, _total.Token, caller);
    }

    /// <summary>Cancelled when either limit is reached or the caller has gone.</summary>
    public CancellationToken Token => _any.Token;

    /// <summary>Whether the turn as a whole took too long; else it was silent for too long.</summary>
    public bool IsOverTime => _total.IsCancellationRequested;

    /// <summary>The limit that was reached.</summary>
    public TimeSpan Reached => IsOverTime ? _limits.Turn : _limits.Silence;

    /// <summary>The program has given a sign of life.</summary>
    public void Heard() => _silence.CancelAfter(_limits.Silence);

    /// <summary>Passes on what the program says, as a sign of life too; what comes after the caller has gone is for nobody.</summary>
    public Action<string> Hear(Action<string> onText)
    {
        var passOn = ToCaller(onText);
        return text =>
        {
            Heard();
            passOn(text);
        };
    }

    /// <summary>Passes on a text while the caller is there.</summary>
    public Action<string> ToCaller(Action<string> onText) => text =>
    {
        if (!_caller.IsCancellationRequested)
        {
            onText(text);
        }
    };

    public void Dispose()
    {
        _any.Dispose();
        _total.Dispose();
        _silence.Dispose();
    }
}
