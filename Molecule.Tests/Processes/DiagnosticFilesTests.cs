using System.Diagnostics;
using Molecule.HostTools;
using Molecule.HostTools.Reaping;
using Molecule.Processes;
using Molecule.Tests.HostTools;

namespace Molecule.Tests.Processes;

/// <summary>What the runtime of a killed .NET process has put into the temporary folder for debuggers goes with it.</summary>
public sealed class DiagnosticFilesTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("molecule-diagnostics-");
    private readonly string _run = $"t-{Guid.NewGuid():N}";
    private LifelineHolder? _holder;
    private TestProcess? _dotnet;

    [Fact]
    public async Task Whoever_is_killed_here_leaves_nothing_and_nobody_else_loses_anything()
    {
        var key = await StartAsync();

        Assert.True(ProcessTable.Kill(key));

        Assert.Empty(FilesOf(key));
        Assert.NotEmpty(FilesOf(ProcessTable.Self.Key));
    }

    [Fact]
    public async Task Whoever_is_killed_by_others_leaves_nothing_when_its_run_is_over()
    {
        var folder = RunFolder.Create(_root.FullName, _run, ProcessTable.Self.Key);
        await using var lifeline = LifelineHolder.Open(folder.Lifeline);
        var log = Path.Combine(_root.FullName, "reaper.log");
        var reaper = await Reaper.LaunchAsync(_run, folder.Lifeline, folder.Path, log, TestContext.Current.CancellationToken);
        var key = await StartAsync();
        await Awaited.UntilAsync("the reaper had seen the process", Limit, () => File.ReadAllText(log).Contains($"(pid {key.Id},", StringComparison.Ordinal));
        using (var killed = Process.GetProcessById(key.Id))
        {
            killed.Kill();
        }

        await Awaited.UntilAsync("the process had ended", Limit, () => !ProcessTable.IsRunning(key));
        Assert.NotEmpty(FilesOf(key));
        await reaper.DisposeAsync();
        await lifeline.DisposeAsync();

        await Awaited.UntilAsync("the reaper had ended", Limit, () => !ProcessTable.IsRunning(reaper.Key));
        Assert.Empty(FilesOf(key));
        Assert.NotEmpty(FilesOf(ProcessTable.Self.Key));
    }

    public async ValueTask DisposeAsync()
    {
        _dotnet?.Dispose();
        if (_holder is not null)
        {
            await _holder.DisposeAsync();
        }

        _root.Delete(recursive: true);
    }

    // A .NET process that goes on until its lifeline ends: the reaper of a run that has nothing to reap.
    private async Task<ProcessKey> StartAsync()
    {
        var lifeline = Path.Combine(_root.FullName, "lifeline.sock");
        _holder = LifelineHolder.Open(lifeline);
        _dotnet = TestProcess.Start(_run, "dotnet", typeof(StopSignals).Assembly.Location, "reap", "--run", $"{_run}-other", "--lifeline", lifeline);
        await Awaited.UntilAsync("debuggers could find the process", Limit, () => FilesOf(_dotnet.Key).Length is 3);
        return _dotnet.Key;
    }

    private static string[] FilesOf(ProcessKey key) => Directory.GetFiles(Path.GetTempPath(), $"*-{key.Id}-{key.StartTicks}-*");
}
