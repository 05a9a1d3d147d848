using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.E2E.Tests.Session;
using Molecule.Harness;
using Molecule.Harness.Runs;
using Molecule.Processes;

namespace Molecule.E2E.Tests.Graph;

/// <summary>Processes of this run that outlast its graph.</summary>
internal static class RunRemains
{
    /// <summary>Waits until they are gone; what stays is a problem of the run.</summary>
    public static async Task AwaitNoneAsync()
    {
        var run = RunSession.Run.Options.RunId;
        ImmutableArray<ProcessRow> left = [];
        try
        {
            await Awaiting.UntilAsync(
                $"all processes of run {run} to be gone",
                _ =>
                {
                    left = RunProcesses.Of(run);
                    return Task.FromResult(left.IsEmpty ? string.Empty : null);
                },
                () => string.Join(", ", left.Select(static p => $"{p.Key.Id} {p.Name}")),
                Deadlines.Reaped,
                TimeProvider.System,
                CancellationToken.None);
        }
        catch (TimeoutException e)
        {
            RunSession.Problems.Enqueue(new RunProblem("orphan", e.Message));
        }
    }
}
