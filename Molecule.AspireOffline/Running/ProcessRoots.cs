using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// The processes that the engine has started, with all that descends from them. They are stopped together: TERM to every root at once, to what
/// outlives its root as well, and KILL to whatever is left after the grace.
/// </summary>
internal sealed class ProcessRoots(TimeProvider time, ILogger<ProcessRoots> logger) : IAsyncDisposable
{
    /// <summary>The grace that real Aspire's orchestrator gives (spec 24 of the API).</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    /// <summary>The variable that every process of the application is started with, so that it is known without its parent.</summary>
    public const string MarkName = "ASPIRE_OFFLINE_APPLICATION";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<(ProcessIdentity Identity, ChildProcess Process)> _roots = [];
    private readonly HashSet<ProcessIdentity> _known = [];
    private readonly CancellationTokenSource _sampling = new();
    private Task? _sampler;
    private Task? _stopped;

    /// <summary>This application's value of <see cref="MarkName"/>.</summary>
    public string Mark { get; } = Guid.NewGuid().ToString("N");

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

    private async Task StopAllAsync()
    {
        await _sampling.CancelAsync().ConfigureAwait(false);
        await (_sampler ?? Task.CompletedTask).ConfigureAwait(false);
        if (!ProcessTree.IsSupported)
        {
            _roots.ForEach(static r => r.Process.KillTree());
            return;
        }

        var begun = time.GetTimestamp();
        ProcessTree.AddDescendants(_known);
        var roots = _roots.Select(static r => r.Identity).ToHashSet();
        foreach (var root in roots)
        {
            ProcessTree.Terminate(root);
        }

        // A child may end with its root by itself; what has outlived every root is told once.
        var told = new HashSet<ProcessIdentity>(roots);
        while (AliveOrMarked() is { Length: > 0 } alive)
        {
            if (time.GetElapsedTime(begun) >= Grace)
            {
                logger.LogWarning("{Count} processes have not ended {Seconds} s after TERM and are killed.", alive.Length, Grace.TotalSeconds);
                await KillAsync().ConfigureAwait(false);
                return;
            }

            if (!alive.Any(roots.Contains))
            {
                foreach (var left in alive.Where(told.Add))
                {
                    ProcessTree.Terminate(left);
                }
            }

            await Task.Delay(Poll, time).ConfigureAwait(false);
            ProcessTree.AddDescendants(_known);
        }
    }

    // Halted first: who can start no other while its family is looked up leaves nobody behind.
    private async Task KillAsync()
    {
        while (AliveOrMarked() is { Length: > 0 } alive)
        {
            Array.ForEach(alive, ProcessTree.Halt);
            ProcessTree.AddDescendants(_known);
            Array.ForEach(Alive(), ProcessTree.Kill);
            await Task.Delay(Poll, time).ConfigureAwait(false);
        }
    }

    // The last look goes to those whose parent ended before they were ever seen.
    private ProcessIdentity[] AliveOrMarked()
    {
        if (Alive() is { Length: > 0 } alive)
        {
            return alive;
        }

        ProcessTree.AddMarked(_known, $"{MarkName}={Mark}");
        return Alive();
    }

    private ProcessIdentity[] Alive() => [.. _known.Where(ProcessTree.IsRunning)];

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
            ProcessTree.AddMarked(_known, $"{MarkName}={Mark}");
            foreach (var process in _known)
            {
                ProcessTree.Kill(process);
            }
        }
    }
}
