using Molecule.Harness.Runs;
using Molecule.Tests.HostTools;

namespace Molecule.Tests.Harness;

public sealed class RunProcessesTests
{
    private readonly string _run = $"t-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_process_with_the_marker_and_its_children_are_of_the_run_and_another_runs_are_not()
    {
        using var own = TestProcess.Shell(_run, "sleep 1000 & echo child $!; wait");
        using var reaper = TestProcess.Shell($"{_run}/reaper", "sleep 1000");
        using var other = TestProcess.Shell($"{_run}0", "sleep 1000");
        using var unmarked = TestProcess.Shell(null, "sleep 1000");
        var child = await own.ChildAsync("child");

        var found = RunProcesses.Of(_run).Select(static row => row.Key).ToArray();

        Assert.Contains(own.Key, found);
        Assert.Contains(child, found);
        Assert.Contains(reaper.Key, found);
        Assert.DoesNotContain(other.Key, found);
        Assert.DoesNotContain(unmarked.Key, found);
    }

    [Fact]
    public async Task A_part_is_named_by_the_assembly_it_runs_and_otherwise_by_its_own_name()
    {
        using var program = TestProcess.Start(_run, "sleep", "1000");
        using var assembly = TestProcess.Start(_run, "/bin/sh", "-c", "echo up 1; sleep 1000; :", "/built/Molecule.HostTools.dll", "reap");
        await assembly.NumberAsync("up");

        var parts = RunProcesses.Of(_run).ToDictionary(static row => row.Key, RunProcesses.PartOf);

        Assert.Equal("Molecule.HostTools reap", parts[assembly.Key]);
        Assert.Equal("sleep", parts[program.Key]);
    }
}
