using System.CommandLine;
using Molecule.HostTools.Containers;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary><c>reap</c>: the out-of-process reaper of one run. TERM, INT and HUP do not end it: an orchestrator that stops everything must not stop this.</summary>
public static class ReapCommand
{
    public static Command Create()
    {
        var run = new Option<string>("--run") { Description = "The run's id: the value of MOLECULE_RUN in its processes.", Required = true };
        var lifeline = new Option<string>("--lifeline") { Description = "Path of the run's lifeline.", Required = true };
        var folder = new Option<string?>("--folder") { Description = "The run's temporary folder, deleted at the end." };
        var command = new Command("reap", "Ends every process of a run that has lost its parent or its lifeline.") { run, lifeline, folder };
        command.SetAction((call, _) => RunAsync(call.GetRequiredValue(run), call.GetRequiredValue(lifeline), call.GetValue(folder), Console.Out));
        return command;
    }

    /// <summary>Reaps until the run has ended.</summary>
    /// <returns>0 when nothing is left of the run, or when another reaper is at work; 1 when something could not be killed; 2 for a lifeline in no folder or another system than Linux.</returns>
    public static async Task<int> RunAsync(string run, string lifelinePath, string? folder, TextWriter log)
    {
        if (!Reaper.IsSupported)
        {
            await log.WriteLineAsync("reap: a reaper reads /proc; it runs on Linux only.").ConfigureAwait(false);
            return 2;
        }

        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(lifelinePath))))
        {
            await log.WriteLineAsync($"--lifeline: the folder of '{lifelinePath}' does not exist. Name the socket that the run's holder listens on.").ConfigureAwait(false);
            return 2;
        }

        // Taken, and left unanswered.
        using var deaf = new StopSignals(CancellationToken.None);
        using var post = ReaperPost.TryTake(lifelinePath);
        if (post is null)
        {
            await log.WriteLineAsync($"run {run}: another reaper is at work.").ConfigureAwait(false);
            return 0;
        }

        var synchronised = TextWriter.Synchronized(log);
        var sweeping = Task.CompletedTask;
        await using var lifeline = await AttachAsync(lifelinePath, synchronised).ConfigureAwait(false);
        var reaper = new RunReaper(run, lifeline?.HolderId, TimeProvider.System, synchronised);
        if (lifeline is not null)
        {
            post.Announce();
            if (folder is not null)
            {
                sweeping = Task.Run(() => new LeftoverRuns(TimeProvider.System, synchronised).EndAsync(Path.GetDirectoryName(Path.GetFullPath(folder))!));
            }

            await reaper.WatchAsync(lifeline.Lost).ConfigureAwait(false);
        }

        var ended = await reaper.EndAsync(RunReaper.StopGrace).ConfigureAwait(false);
        await new RunContainers(run, ContainerEngine.OfThisMachine(), synchronised).RemoveAsync().ConfigureAwait(false);
        await sweeping.ConfigureAwait(false);
        if (folder is not null && !new RunFolder(folder, run).TryDelete())
        {
            await synchronised.WriteLineAsync($"run {run}: '{folder}' could not be deleted.").ConfigureAwait(false);
        }

        return ended ? 0 : 1;
    }

    // A holder that has gone before we came is a lost lifeline, not an error.
    private static async Task<Lifeline?> AttachAsync(string path, TextWriter log)
    {
        try
        {
            return await Lifeline.AttachAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await log.WriteLineAsync(e.Message).ConfigureAwait(false);
            return null;
        }
    }
}
