using System.Diagnostics;
using Molecule.Processes;

namespace Molecule.Node.Desktops;

/// <summary>One program of a desktop that was started.</summary>
internal sealed class DesktopProgram(Process process, ProcessKey key)
{
    public Process Process { get; } = process;

    /// <summary>Completes once it has ended.</summary>
    public Task Ended { get; } = process.WaitForExitAsync();

    /// <summary>Ends it, with what descends from it.</summary>
    public async Task EndAsync()
    {
        await ProcessTree.KillAsync(
            rows => rows.Any(r => r.Key == key)
                ? rows.Where(r => r.Key == key).Concat(ProcessTable.Descendants(rows, key.Id))
                : [],
            CancellationToken.None).ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
        Process.Dispose();
    }
}
