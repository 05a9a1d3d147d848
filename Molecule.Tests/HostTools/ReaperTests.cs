using System.Net;
using System.Net.Sockets;
using Molecule.HostTools.Reaping;
using Molecule.Processes;

namespace Molecule.Tests.HostTools;

public sealed class ReaperTests : IAsyncDisposable
{
    // A child in a session of its own and without our environment, which has a child in turn; both say who they are.
    private const string Runaway = """setsid env -i /bin/sh -c 'echo stray $$; sleep 1000 & echo leaf $!; wait'""";

    // A holder of the lifeline that is not this process: it closes the lifeline, and lives on, when it reads a line.
    private const string NodeHolder = """
        const open = new Set();
        const server = require('net').createServer(s => { open.add(s); s.on('error', () => {}); });
        server.listen(process.argv[1], () => console.log('holder ' + process.pid));
        process.stdin.once('data', () => { server.close(); open.forEach(s => s.destroy()); });
        setInterval(() => {}, 1e6);
        """;

    private const string NodeListener = "const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log('port ' + s.address().port))";

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SeenLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _run = $"t-{Guid.NewGuid():N}";
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("molecule-reap-");
    private readonly List<IDisposable> _started = [];
    private readonly List<ProcessKey> _known = [];

    private string Log => Path.Combine(_root.FullName, "reaper.log");

    private string LogText => File.Exists(Log) ? File.ReadAllText(Log) : "";

    public async ValueTask DisposeAsync()
    {
        foreach (var key in _known)
        {
            ProcessTable.Kill(key);
        }

        _started.ForEach(static one => one.Dispose());
        await Awaited.UntilAsync("the processes of the test had ended", EndLimit, () => _known.TrueForAll(static key => !ProcessTable.IsRunning(key)));
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task An_orphan_and_what_is_below_it_are_killed_while_the_run_goes_on()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using var holder = LifelineHolder.Open(folder.Lifeline);
        await using var reaper = await LaunchAsync(folder);
        var root = Started(TestProcess.Shell(_run, $"/bin/sh -c \"echo middle \\$\\$; {Runaway.Replace("$", "\\$", StringComparison.Ordinal)}; :\" & sleep 1000"));
        var (middle, stray, leaf) = (await Known(root, "middle"), await Known(root, "stray"), await Known(root, "leaf"));
        await SeenAsync(middle, stray, leaf);

        ProcessTable.Kill(middle);

        await GoneAsync("the orphans had been killed", stray, leaf);
        Assert.True(root.IsRunning);
        Assert.True(ProcessTable.IsRunning(reaper.Key));
        Assert.Contains($"orphaned, killing: sh (pid {stray.Id},", LogText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_holder_leaves_no_process_no_port_and_no_folder_within_ten_seconds()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        var holder = Started(TestProcess.Start(_run, "node", "-e", NodeHolder, folder.Lifeline));
        await Known(holder, "holder");
        var reaper = await LaunchAsync(folder);
        var root = Started(TestProcess.Shell(_run, $"trap '' TERM HUP; (setsid sleep 1000 & echo forked $!) ; {Runaway}; sleep 1000"));
        var server = Started(TestProcess.Start(_run, "node", "-e", NodeListener));
        var port = await server.NumberAsync("port");
        ProcessKey[] all = [root.Key, server.Key, await Known(root, "forked"), await Known(root, "stray"), await Known(root, "leaf")];
        await SeenAsync(all);
        await reaper.DisposeAsync();

        ProcessTable.Kill(holder.Key);

        await GoneAsync("the whole run had ended", [.. all, reaper.Key]);
        Assert.False(Directory.Exists(folder.Path));
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task A_holder_that_lives_on_and_the_processes_of_others_are_left_alone()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        var holder = Started(TestProcess.Start(_run, "node", "-e", NodeHolder, folder.Lifeline));
        await Known(holder, "holder");
        var other = Started(TestProcess.Start($"{_run}-other", "sleep", "1000"));
        var nobodys = Started(TestProcess.Start(null, "sleep", "1000"));
        var ours = Started(TestProcess.Start(_run, "sleep", "1000"));
        var reaper = await LaunchAsync(folder);
        await SeenAsync(ours.Key);
        await reaper.DisposeAsync();

        holder.WriteLine("close the lifeline");

        await GoneAsync("reaper and run had ended", ours.Key, reaper.Key);
        Assert.True(holder.IsRunning, "The holder carries the marker and was killed.");
        Assert.True(other.IsRunning, "A process of another run was killed.");
        Assert.True(nobodys.IsRunning, "A process of no run was killed.");
    }

    [Fact]
    public async Task A_reaper_shrugs_off_polite_signals_and_is_started_again_when_it_is_killed()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using var holder = LifelineHolder.Open(folder.Lifeline);
        await using var reaper = await LaunchAsync(folder);
        var first = reaper.Key;
        ProcessTable.Terminate(first);
        ProcessTable.Interrupt(first);
        var late = Started(TestProcess.Start(_run, "sleep", "1000"));
        await SeenAsync(late.Key);
        Assert.Equal(first, reaper.Key);

        ProcessTable.Kill(first);

        await Awaited.UntilAsync("another reaper was at work", StartLimit, () => reaper.Key != first);
        _known.Add(reaper.Key);
        Assert.True(ProcessTable.IsRunning(reaper.Key));
        Assert.True(late.IsRunning);
    }

    [Fact]
    public async Task A_reaper_that_was_killed_just_before_the_end_is_started_once_more_to_clear_the_folder()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using (var holder = LifelineHolder.Open(folder.Lifeline))
        {
            await using var reaper = await LaunchAsync(folder);
            ProcessTable.Kill(reaper.Key);
            await Awaited.UntilAsync("the reaper had died", EndLimit, () => !ProcessTable.IsRunning(reaper.Key));
        }

        await Awaited.UntilAsync("the run's folder was deleted", EndLimit, () => !Directory.Exists(folder.Path));
    }

    [Fact]
    public async Task Nothing_but_the_lifeline_ties_a_reaper_to_its_launcher()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using var holder = LifelineHolder.Open(folder.Lifeline);
        await using var reaper = await LaunchAsync(folder);

        Assert.NotEqual(Environment.ProcessId, ProcessTable.Find(reaper.Key.Id)!.ParentId);
        Assert.Equal(["/dev/null", Log, Log], Enumerable.Range(0, 3).Select(n => new FileInfo($"/proc/{reaper.Key.Id}/fd/{n}").LinkTarget));
        var stat = await File.ReadAllTextAsync($"/proc/{reaper.Key.Id}/stat", TestContext.Current.CancellationToken);
        Assert.NotEqual(SessionOf(await File.ReadAllTextAsync("/proc/self/stat", TestContext.Current.CancellationToken)), SessionOf(stat));
    }

    [Fact]
    public async Task A_run_whose_holder_and_reaper_were_both_killed_is_cleared_away_by_the_next_one()
    {
        using var gone = TestProcess.Start(null, "sleep", "1000");
        ProcessTable.Kill(gone.Key);
        await GoneAsync("the earlier holder had ended", gone.Key);
        var abandoned = RunFolder.Create(_root.FullName, $"{_run}-before", gone.Key);
        var left = Started(TestProcess.Start($"{_run}-before", "sleep", "1000"));
        var held = RunFolder.Create(_root.FullName, $"{_run}-beside", ProcessTable.Self.Key);
        var beside = Started(TestProcess.Start($"{_run}-beside", "sleep", "1000"));

        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using var holder = LifelineHolder.Open(folder.Lifeline);
        await using var reaper = await LaunchAsync(folder);

        await GoneAsync("the left process had been killed", left.Key);
        await Awaited.UntilAsync("the abandoned folder had been deleted", EndLimit, () => !Directory.Exists(abandoned.Path));
        Assert.True(beside.IsRunning);
        Assert.True(Directory.Exists(held.Path));
        Assert.True(Directory.Exists(folder.Path));
    }

    private static string SessionOf(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3];

    [Fact]
    public void A_folder_whose_deletion_was_cut_short_is_found_and_deleted_by_the_next_run()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        File.WriteAllText(Path.Combine(folder.Path, "lifeline.reaper"), "");

        // What a reaper leaves that is killed after the rename and after some of the files.
        var cutShort = Path.Combine(_root.FullName, $"molecule-gone-{_run}-before");
        Directory.CreateDirectory(cutShort);
        File.WriteAllText(Path.Combine(cutShort, "lifeline.reaper"), "");

        var found = Assert.Single(RunFolder.Abandoned(_root.FullName));
        Assert.Equal(($"{_run}-before", true), (found.Run, found.TryDelete()));
        Assert.Equal([folder.Path], Directory.GetDirectories(_root.FullName));

        Assert.True(folder.TryDelete());
        Assert.Empty(Directory.GetDirectories(_root.FullName));
    }

    private async Task<Reaper> LaunchAsync(RunFolder folder)
    {
        var reaper = await Reaper.LaunchAsync(folder.Run, folder.Lifeline, folder.Path, Log, TestContext.Current.CancellationToken);
        _known.Add(reaper.Key);
        return reaper;
    }

    private TestProcess Started(TestProcess process)
    {
        _started.Add(process);
        return process;
    }

    private async Task<ProcessKey> Known(TestProcess process, string name)
    {
        var key = await process.ChildAsync(name);
        _known.Add(key);
        return key;
    }

    private Task SeenAsync(params ProcessKey[] keys) => Awaited.UntilAsync(
        "the reaper had seen the processes",
        SeenLimit,
        () => Array.TrueForAll(keys, key => LogText.Contains($"(pid {key.Id},", StringComparison.Ordinal)));

    private static Task GoneAsync(string what, params ProcessKey[] keys) =>
        Awaited.UntilAsync(what, EndLimit, () => Array.TrueForAll(keys, static key => !ProcessTable.IsRunning(key)));
}
