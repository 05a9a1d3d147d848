using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Molecule.ControlPlane.A2a;

/// <summary>Keeps calls in flight alive while their workspace shows signs of life (spec/control-plane.md 6.2: the idle timeout is reset by any broadcast about the target).</summary>
public sealed class WorkspacePulse(TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, ImmutableHashSet<Watch>> _watches = new();

    /// <summary>A sign of life.</summary>
    public void Beat(Guid workspace)
    {
        foreach (var watch in _watches.GetValueOrDefault(workspace, []))
        {
            watch.Restart();
        }
    }

    /// <summary>Watches a workspace during a call: the token ends when nothing was heard of it for that long.</summary>
    public Watch Listen(Guid workspace, TimeSpan idle)
    {
        var watch = new Watch(this, workspace, idle, time);
        _watches.AddOrUpdate(workspace, static (_, added) => [added], static (_, known, added) => known.Add(added), watch);
        return watch;
    }

    private void Forget(Guid workspace, Watch watch)
    {
        while (_watches.TryGetValue(workspace, out var known))
        {
            var rest = known.Remove(watch);
            if (rest.IsEmpty
                ? _watches.TryRemove(KeyValuePair.Create(workspace, known))
                : _watches.TryUpdate(workspace, rest, known))
            {
                return;
            }
        }
    }

    /// <summary>One call's watch.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly WorkspacePulse _pulse;
        private readonly Guid _workspace;
        private readonly TimeSpan _idle;
        private readonly CancellationTokenSource _silent = new();
        private readonly ITimer _timer;

        internal Watch(WorkspacePulse pulse, Guid workspace, TimeSpan idle, TimeProvider time)
        {
            (_pulse, _workspace, _idle) = (pulse, workspace, idle);
            _timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), _silent, idle, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Ends when the workspace has been silent for too long.</summary>
        public CancellationToken Silent => _silent.Token;

        /// <summary>Something was heard.</summary>
        public void Restart() => _timer.Change(_idle, Timeout.InfiniteTimeSpan);

        public void Dispose()
        {
            _pulse.Forget(_workspace, this);
            _timer.Dispose();
            _silent.Dispose();
        }
    }
}
