using System.Collections.Concurrent;
using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Processes.Peers;

namespace Molecule.Harness.Live;

/// <summary>Sees what runs in a workspace and what it was given, as the kernel shows it (Linux, man 5 proc): nothing that a process says of itself.</summary>
public sealed class WorkspaceWitness(PeerAttestor attestor, TimeProvider clock)
{
    // As often as everything else is looked at; an agent that is started for a turn lives for a second at least.
    private readonly ConcurrentDictionary<(ProcessKey Process, string Executable), PeerIdentity> _seen = new();

    /// <summary>The workspace's oldest process, which is its own program; null where it has none.</summary>
    public static ProcessKey? OldestOf(string workspace) => ProcessesOf(workspace).OrderBy(static p => p.StartTicks).ThenBy(static p => p.Id).Select(static p => (ProcessKey?)p).FirstOrDefault();

    /// <summary>The values that the workspace's oldest process has of some variables; null for one that it has not.</summary>
    public static ImmutableDictionary<string, string?> GivenTo(string workspace, params ReadOnlySpan<string> names)
    {
        var oldest = OldestOf(workspace);
        var values = ImmutableDictionary.CreateBuilder<string, string?>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            values[name] = oldest is { } process ? ProcessTable.EnvironmentVariable(process.Id, name) : null;
        }

        return values.ToImmutable();
    }

    /// <summary>Looks at a workspace until something is done.</summary>
    /// <returns>Its result, and every program that was seen to run there meanwhile.</returns>
    public async Task<(T Result, ImmutableArray<PeerIdentity> Seen)> WhileAsync<T>(string workspace, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = Task.Run(() => LookAsync(workspace, done.Token), CancellationToken.None);
        try
        {
            var result = await work(cancellationToken).ConfigureAwait(false);
            Look(workspace);
            return (result, [.. _seen.Where(s => s.Value.Workspace == workspace).Select(static s => s.Value)]);
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
            await looking.ConfigureAwait(false);
        }
    }

    private async Task LookAsync(string workspace, CancellationToken done)
    {
        using var timer = new PeriodicTimer(Deadlines.Poll, clock);
        try
        {
            do
            {
                Look(workspace);
            }
            while (await timer.WaitForNextTickAsync(done).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // What was awaited is done.
        }
    }

    private void Look(string workspace)
    {
        foreach (var process in ProcessesOf(workspace))
        {
            var executable = new FileInfo($"/proc/{process.Id}/exe").LinkTarget;
            if (executable is not null && !_seen.ContainsKey((process, executable)) && attestor.Describe(process) is { } identity)
            {
                _seen.TryAdd((process, identity.Executable), identity);
            }
        }
    }

    private static IEnumerable<ProcessKey> ProcessesOf(string workspace) =>
        ProcessTable.Read()
            .Where(row => row.State is not ('Z' or 'X') && ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Workspace) == workspace)
            .Select(static row => row.Key);
}
