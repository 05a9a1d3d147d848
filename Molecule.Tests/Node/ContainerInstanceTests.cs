using Docker.DotNet;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Node.Workspaces;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

public sealed class ContainerInstanceTests
{
    [Fact]
    public async Task A_workspace_whose_container_engine_has_gone_has_ended_and_can_be_stopped_all_the_same()
    {
        using var folder = new TemporaryFolder("molecule-container-");
        using var engine = new DockerClientBuilder().WithEndpoint(new Uri($"unix://{folder.Path}/nobody.sock")).Build();
        using var log = new WorkspaceLog("ws-1", Path.Combine(folder.Path, "workspace.log"), NullLogger.Instance);
        using var nothing = new MultiplexedStream(Stream.Null, multiplexed: true);
        var instance = new ContainerInstance(engine, "c0ffee", "ws-1", "127.0.0.1", new ContainerLog(nothing, log), NullLogger.Instance);

        await instance.StopAsync(TimeSpan.FromSeconds(1), TimeProvider.System);
        await instance.KillAsync();

        Assert.Equal(("stopped", 137, "127.0.0.1"), (instance.Status.State, instance.Status.ExitCode, instance.Status.PrivateIp));
    }
}
