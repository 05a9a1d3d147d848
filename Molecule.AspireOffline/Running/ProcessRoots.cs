using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// The processes that the engine has started, with all that descends from them: one family, stopped together at the end.
/// </summary>
internal sealed class ProcessRoots(TimeProvider time, ILogger<ProcessRoots> logger) : IAsyncDisposable
{
    /// <summary>The variable that every process of the application is started with, so that it is known without its parent.</summary>
    public const string MarkName = "ASPIRE_OFFLINE_APPLICATION";

    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<(ProcessIdentity Identity, ChildProcess Process)> _roots = [];
    private readonly HashSet<ProcessIdentity> _known = [];
    private readonly CancellationTokenSource _sampling = new();
    private Task? _sampler;
    private Task? _stopped;

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private int _launches;

    /// <summary>The value of <see cref="MarkName"/> for the next launch: the application's, a dot, a number.</summary>
    public string NextMark() => $"{_mark}.{Interlocked.Increment(ref _launches)}";

    /// <summary>Watches over a process that has just been started.</summary>
    /// <exception cref="OperationCanceledException">The application is stopping already; the process has been killed.</exception>
    public void Add(ChildProcess process)
    {
        lock (_lock)
        {
            if (_stopped is not null)
            {
                process.KillTree();
                throw new OperationCanceledException("The application is stopping.");
            }

            // One that has ended within the last moment has no identity; there is nothing of it to stop.
            var identity = ProcessTree.IsSupported ? ProcessTree.Find(process.Id) : new ProcessIdentity(process.Id, 0);
            if (identity is { } found)
            {
                _roots.Add((found, process));
                _known.Add(found);
            }

            if (_sampler is null)
            {
                _sampler = SampleAsync();
                AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
            }
        }
    }

    /// <summary>Stops everything; calls after the first wait for the same stop.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            return _stopped ??= StopAllAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        _sampling.Dispose();
        _roots.ForEach(static r => r.Process.Dispose());
    }

    /// <summary>Stops one process with all that descends from it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="mark">What it was launched with.</param>
    public async Task StopAsync(ChildProcess process, string mark)
    {
        ProcessIdentity[] root;
        lock (_lock)
        {
            root = [.. _roots.Where(r => r.Process == process).Select(static r => r.Identity)];
        }

        if (!ProcessTree.IsSupported)
        {
            process.KillTree();
            return;
        }

        await new ProcessFamily([.. root], $"{MarkName}={mark}\0", time, logger).StopAsync().ConfigureAwait(false);
    }

    private async Task StopAllAsync()
    {
        await _sampling.CancelAsync().ConfigureAwait(false);
        await (_sampler ?? Task.CompletedTask).ConfigureAwait(false);
        if (!ProcessTree.IsSupported)
        {
            _roots.ForEach(static r => r.Process.KillTree());
            return;
        }

        await new ProcessFamily([.. _roots.Select(static r => r.Identity)], ApplicationMarker, time, logger, _known).StopAsync().ConfigureAwait(false);
    }

    private string ApplicationMarker => $"{MarkName}={_mark}.";

    // A child whose parent ends is handed to another process and cannot be found from its root any more: it has to be seen before.
    private async Task SampleAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Sample, time, _sampling.Token).ConfigureAwait(false);
                lock (_lock)
                {
                    _known.RemoveWhere(static p => !ProcessTree.IsRunning(p));
                    ProcessTree.AddDescendants(_known);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application is stopping.
        }
    }

    // Environment.Exit, or a Main that returns without stopping the application: no time for grace.
    private void OnProcessExit(object? sender, EventArgs e)
    {
        lock (_lock)
        {
            ProcessTree.AddDescendants(_known);
            ProcessTree.AddMarked(_known, ApplicationMarker);
            foreach (var process in _known)
            {
                ProcessTree.Kill(process);
            }
        }
    }
}
