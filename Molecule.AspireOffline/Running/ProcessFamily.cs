using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// Processes that are stopped together: TERM to every root at once, to what outlives its root as well, and KILL to whatever is left after the grace.
/// </summary>
/// <param name="roots">Those that the engine has started itself.</param>
/// <param name="marker">The bytes that stand in the environment of every member.</param>
/// <param name="time">Measures the grace.</param>
/// <param name="logger">Told when somebody had to be killed.</param>
/// <param name="known">Members that were seen earlier; added to.</param>
internal sealed class ProcessFamily(
    ProcessIdentity[] roots, string marker, TimeProvider time, ILogger logger, HashSet<ProcessIdentity>? known = null)
{
    /// <summary>The grace that real Aspire's orchestrator gives (spec 24 of the API).</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly HashSet<ProcessIdentity> _known = known ?? [.. roots];

    public async Task StopAsync()
    {
        var begun = time.GetTimestamp();
        ProcessTree.AddDescendants(_known);
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

        ProcessTree.AddMarked(_known, marker);
        return Alive();
    }

    private ProcessIdentity[] Alive() => [.. _known.Where(ProcessTree.IsRunning)];
}
