using Molecule.HostTools.Containers;

namespace Molecule.HostTools.Reaping;

/// <summary>Ends what earlier runs of this machine's user have left: those whose holder and whose reaper have both gone.</summary>
public sealed class LeftoverRuns(TimeProvider time, TextWriter log)
{
    /// <summary>Kills their processes and deletes their folders.</summary>
    /// <param name="root">Where run folders lie.</param>
    public async Task EndAsync(string root)
    {
        foreach (var folder in RunFolder.Abandoned(root))
        {
            if (ReaperPost.Holder(folder.Lifeline) is not null)
            {
                continue;
            }

            await new RunReaper(folder.Run, holder: null, time, log).EndAsync(TimeSpan.Zero).ConfigureAwait(false);
            await new RunContainers(folder.Run, ContainerEngine.OfThisMachine(), log).RemoveAsync().ConfigureAwait(false);
            var gone = folder.TryDelete();
            await log.WriteLineAsync($"run {folder.Run} was left behind by a process that has gone: {(gone ? "ended and deleted" : "ended, but could not be deleted")}: '{folder.Path}'").ConfigureAwait(false);
        }
    }
}
