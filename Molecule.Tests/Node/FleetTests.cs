using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Provisioning;
using Molecule.Node;
using Molecule.Node.Volumes;
using Molecule.Node.Workspaces;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

/// <summary>How long a fleet waits, on a clock that stands still.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FleetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task All_workspaces_of_a_stopping_node_share_one_grace_that_leaves_time_within_four_seconds()
    {
        using var folder = new TemporaryFolder("molecule-fleet-");
        var script = Path.Combine(folder.Path, "deaf.sh");
        await File.WriteAllTextAsync(script, "#!/bin/sh\ntrap '' TERM\necho ready > ready.txt\nwhile :; do sleep 1000; done\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var manifest = Path.Combine(folder.Path, "engines.json");
        await File.WriteAllTextAsync(
            manifest,
            JsonSerializer.Serialize(new EngineManifest([new InstalledEngine("codex", "0", script, "")]), ContractJson.Compact),
            TestContext.Current.CancellationToken);
        await using var lifeline = LifelineHolder.Open(Path.Combine(folder.Path, "l.sock"));
        var time = new FakeTimeProvider();
        var settings = new NodeSettings("secret", Path.Combine(folder.Path, "root"), script, manifest, Run: null);
        using var containers = new WorkspaceContainers(settings, NullLogger<WorkspaceContainers>.Instance);
        var fleet = new WorkspaceFleet(
            settings,
            new WorkspaceData(settings, time, NullLogger<WorkspaceData>.Instance),
            containers,
            lifeline,
            new OwnChildren(),
            time,
            NullLogger<WorkspaceFleet>.Instance);
        foreach (var id in (string[])["fleet-a", "fleet-b", "fleet-c"])
        {
            await fleet.ProvisionAsync(new ProvisionRequest("o", id, "codex", 1, "http://127.0.0.1:9", ImmutableDictionary<string, string>.Empty), TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(() => File.Exists(Path.Combine(folder.Path, "root", id, "workspace", "ready.txt")), Deadline, $"{id} runs");
        }

        var stopping = fleet.StopAllAsync();
        Assert.False(stopping.IsCompleted);
        time.Advance(WorkspaceFleet.GraceOfAStoppingNode);

        await stopping.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal("stopped", fleet.Find("fleet-c", null)?.Status.State);
        Assert.True(WorkspaceFleet.GraceOfAStoppingNode < TimeSpan.FromSeconds(2));
    }
}
