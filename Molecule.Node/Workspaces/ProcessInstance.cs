using System.Collections.Immutable;
using System.Diagnostics;
using Molecule.Contracts.Provisioning;
using Molecule.Contracts.Runs;
using Molecule.Node.Desktops;
using Molecule.Processes;

namespace Molecule.Node.Workspaces;

/// <summary>An incarnation that is a process of this machine, with all that descends from it or carries its mark.</summary>
public sealed class ProcessInstance : IWorkspaceInstance
{
    private readonly Process _process;
    private readonly string _address;
    private readonly ProcessKey _root;
    private readonly string? _run;
    private readonly WorkspaceLog _log;
    private readonly ILogger _logger;
    private volatile bool _paused;

    private ProcessInstance(string workspaceId, string address, Process process, ProcessKey root, string? run, WorkspaceLog log, Desktop? desktop, ILogger logger)
    {
        Desktop = desktop;
        WorkspaceId = workspaceId;
        _process = process;
        _address = address;
        _root = root;
        _run = run;
        _log = log;
        _logger = logger;
        Ended = WatchAsync();
    }

    public string WorkspaceId { get; }

    /// <summary>Its desktop, if it asked for one; ends with it.</summary>
    public Desktop? Desktop { get; }

    /// <summary>This incarnation's own id.</summary>
    public string Id { get; } = $"i-{Guid.NewGuid():N}";

    /// <summary>Completes with the exit code (128 + signal) once the process has ended and nothing of it is left.</summary>
    public Task<int> Ended { get; }

    public InstanceStatus Status => Ended.IsCompletedSuccessfully
        ? new InstanceStatus(Id, _address, "stopped", Ended.Result)
        : new InstanceStatus(Id, _address, _paused ? "paused" : "running");

    /// <summary>Starts a workspace's program.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ProcessInstance Start(
        string workspaceId,
        string program,
        WorkspaceFolders folders,
        ImmutableDictionary<string, string> environment,
        string? run,
        Desktop? desktop,
        OwnChildren children,
        ILogger logger)
    {
        var info = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
            ? new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program])
            : new ProcessStartInfo(program);
        info.WorkingDirectory = folders.Work;
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        info.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        var log = new WorkspaceLog(workspaceId, folders.LogFile, logger);
        try
        {
            var process = children.Start(info, out var key);
            process.StandardInput.Close();
            log.Follow(process.StandardOutput);
            log.Follow(process.StandardError);
            return new ProcessInstance(workspaceId, WorkspaceEnvironment.AddressIn(environment), process, key, run, log, desktop, logger);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Whether a process of the table belongs to this workspace.</summary>
    public bool Marks(int processId) =>
        ProcessTable.EnvironmentVariable(processId, RunEnvironment.Workspace) == WorkspaceId
        && ProcessTable.EnvironmentVariable(processId, RunEnvironment.Run) == _run;

    /// <summary>Asks it to end, waits for the grace, then kills what is left.</summary>
    public async Task StopAsync(TimeSpan grace, TimeProvider time)
    {
        ProcessTable.Terminate(_root);
        Thaw();
        await ((Task)Ended).WaitAsync(grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await KillAsync().ConfigureAwait(false);
    }

    /// <summary>Ends it at once, with all that belongs to it.</summary>
    public async Task KillAsync()
    {
        await ProcessTree.KillAsync(Members, CancellationToken.None).ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    /// <summary>Freezes it with all that belongs to it.</summary>
    public Task PauseAsync()
    {
        _paused = true;
        ProcessTree.Freeze(Members);
        return Task.CompletedTask;
    }

    /// <summary>Lets it run on.</summary>
    public Task ResumeAsync()
    {
        Thaw();
        return Task.CompletedTask;
    }

    private void Thaw()
    {
        foreach (var row in Members(ProcessTable.Read()))
        {
            ProcessTable.Thaw(row.Key);
        }

        _paused = false;
    }

    private IEnumerable<ProcessRow> Members(ImmutableArray<ProcessRow> rows)
    {
        // Only while the root is that very process does its id lead to descendants of ours.
        var family = rows.Any(r => r.Key == _root)
            ? ProcessTable.Descendants(rows, _root.Id).Select(static r => r.Key).Append(_root).ToHashSet()
            : [];
        return rows.Where(r => r.Key.Id != Environment.ProcessId && (family.Contains(r.Key) || Marks(r.Key.Id)));
    }

    private async Task<int> WatchAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        Desktop?.LetGo();
        var code = _process.ExitCode;
        var left = await ProcessTree.KillAsync(Members, CancellationToken.None).ConfigureAwait(false);
        _logger.LogInformation("Workspace {Workspace} has ended with code {Code}; {Left} processes that it left were killed.", WorkspaceId, code, left);
        await _log.CloseAsync().ConfigureAwait(false);
        if (Desktop is not null)
        {
            await Desktop.DisposeAsync().ConfigureAwait(false);
        }

        _process.Dispose();
        return code;
    }
}
