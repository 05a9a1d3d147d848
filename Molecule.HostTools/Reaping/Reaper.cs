using System.Diagnostics;
using System.Runtime.InteropServices;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>
/// The launcher's end of a reaper: starts it in a session of its own, tied to the launcher by nothing but the lifeline, and
/// starts it again if it is killed. Only whoever holds the lifeline should launch one.
/// </summary>
public sealed class Reaper : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // Nothing of the launcher's may stay open in the reaper: who reads the launcher's output would wait for the reaper's end.
    private const string Detach = """exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec setsid --fork "$@" </dev/null >>"$0" 2>&1""";

    private readonly ProcessStartInfo _start;
    private readonly string _lifeline;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private volatile ReaperAtWork _present;
    private IOException? _failure;

    private Reaper(ProcessStartInfo start, string lifeline, ProcessKey key)
    {
        _start = start;
        _lifeline = lifeline;
        _present = new ReaperAtWork(key);
        _watching = WatchAsync();
    }

    /// <summary>Whether this system has what a reaper needs: Linux's /proc.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>The reaper at work.</summary>
    public ProcessKey Key => _present.Key;

    /// <summary>Starts the reaper of a run; when this returns it is at work.</summary>
    /// <param name="run">The run's id: the value of MOLECULE_RUN in its processes.</param>
    /// <param name="lifeline">Path of the lifeline, which this process holds already.</param>
    /// <param name="folder">The run's temporary folder, to be deleted at the end; null where there is none. Abandoned folders beside it are swept.</param>
    /// <param name="log">File for what it does; outside <paramref name="folder"/>.</param>
    /// <exception cref="IOException">It could not be started, or was not at work within 20 s.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux (<see cref="IsSupported"/>).</exception>
    public static async Task<Reaper> LaunchAsync(string run, string lifeline, string? folder, string log, CancellationToken cancellationToken)
    {
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException("A reaper reads /proc: it runs on Linux only.");
        }

        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", Detach, log, DotnetHost(), typeof(Reaper).Assembly.Location, "reap", "--run", run, "--lifeline", lifeline, .. folder is null ? (string[])[] : ["--folder", folder]])
        {
            WorkingDirectory = "/",
        };

        // A marker of its own: neither this run's reaper nor that of a run around it takes it for one of theirs.
        start.Environment[RunEnvironment.Run] = $"{run}/reaper";
        start.Environment.Remove(RunEnvironment.Lifeline);
        return new Reaper(start, lifeline, await StartAsync(start, lifeline, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<ProcessKey> StartAsync(ProcessStartInfo start, string lifeline, CancellationToken cancellationToken)
    {
        var log = start.ArgumentList[2];
        using (var shell = Process.Start(start) ?? throw new IOException("The reaper was not started."))
        {
            await shell.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (shell.ExitCode != 0)
            {
                throw new IOException($"The reaper could not be started (setsid ended with {shell.ExitCode}; util-linux brings it). See '{log}'.");
            }
        }

        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < StartLimit)
        {
            if (ReaperPost.Holder(lifeline) is { } key)
            {
                return key;
            }

            await Task.Delay(ReadyInterval, cancellationToken).ConfigureAwait(false);
        }

        throw new IOException($"The reaper was not at work within {StartLimit.TotalSeconds:0} s. See '{log}'.");
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(WatchInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (!ProcessTable.IsRunning(Key))
                {
                    await StartAgainAsync(_stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed of.
        }
    }

    private async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        try
        {
            _present = new ReaperAtWork(await StartAsync(_start, _lifeline, cancellationToken).ConfigureAwait(false));
            _failure = null;
        }
        catch (IOException e)
        {
            // A busy machine: the next tick tries again. Two of them do no harm, one at a time has the post.
            _failure = e;
        }
    }

    // Our own process may be a test host or an AppHost with a starter of its own, so the runtime is asked where it lies.
    private static string DotnetHost() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Ends the watch. Call it before the lifeline is closed: the reaper then ends by itself.</summary>
    /// <exception cref="IOException">The reaper had been killed and could not be started again.</exception>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
        if (!ProcessTable.IsRunning(Key))
        {
            // Killed since the last tick: without it nobody would delete the run's folder.
            await StartAgainAsync(CancellationToken.None).ConfigureAwait(false);
        }

        if (_failure is not null)
        {
            throw new IOException($"The run has been without a reaper: {_failure.Message}", _failure);
        }
    }

    private sealed record ReaperAtWork(ProcessKey Key);
}
