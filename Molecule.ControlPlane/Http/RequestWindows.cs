using System.Collections.Concurrent;

namespace Molecule.ControlPlane.Http;

/// <summary>Counts requests by key in fixed windows (spec/control-plane.md 1.2).</summary>
/// <param name="limit">Requests a window.</param>
/// <param name="length">How long a window lasts, from its first request.</param>
/// <param name="time">The clock; windows follow its timestamps, so that a changed wall clock moves none.</param>
public sealed class RequestWindows(int limit, TimeSpan length, TimeProvider time)
{
    // Beyond this many keys the ended windows are dropped, so that addresses that never come back cost nothing.
    private const int SweepAbove = 10_000;

    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>Counts one request.</summary>
    public WindowCount Count(string key)
    {
        var now = time.GetTimestamp();
        if (_windows.Count > SweepAbove)
        {
            foreach (var (old, _) in _windows.Where(entry => IsOver(entry.Value, now)))
            {
                _windows.TryRemove(old, out _);
            }
        }

        var window = _windows.AddOrUpdate(
            key,
            static (_, state) => new Window(state.now, 1),
            static (_, known, state) => state.self.IsOver(known, state.now) ? new Window(state.now, 1) : known with { Requests = known.Requests + 1 },
            (self: this, now));
        var reset = (int)Math.Ceiling((length - time.GetElapsedTime(window.Started, now)).TotalSeconds);
        return new WindowCount(limit, Math.Max(0, limit - window.Requests), Math.Max(1, reset), window.Requests > limit);
    }

    private bool IsOver(Window window, long now) => time.GetElapsedTime(window.Started, now) >= length;

    private sealed record Window(long Started, int Requests);
}

/// <summary>Where a key stands in its window.</summary>
/// <param name="Limit">Requests a window.</param>
/// <param name="Remaining">Requests that may still come in it.</param>
/// <param name="ResetSeconds">Until the next window.</param>
/// <param name="IsOver">Whether this request was one too many.</param>
public readonly record struct WindowCount(int Limit, int Remaining, int ResetSeconds, bool IsOver);
