namespace Molecule.Workspace.Turns;

/// <summary>Whether the runtime needs a restart, and why: the first reason stays until a turn succeeds (spec/runtimes-and-providers.md 1.7).</summary>
public sealed class Wedge
{
    private string? _reason;

    /// <summary>Why a restart is needed; null where none is.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    public void Mark(string reason) => Interlocked.CompareExchange(ref _reason, reason, null);

    public void Clear() => Volatile.Write(ref _reason, null);
}
