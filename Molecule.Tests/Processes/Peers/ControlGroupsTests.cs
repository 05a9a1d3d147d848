using Molecule.Processes.Peers;

namespace Molecule.Tests.Processes.Peers;

public sealed class ControlGroupsTests
{
    private const string One = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    // How the engines name them: dockerd with cgroupfs and with systemd, podman, Kubernetes' containerd, a container in a container.
    [Theory]
    [InlineData("4:memory:/docker/" + One + "\n1:name=systemd:/docker/" + One + "\n", One)]
    [InlineData("0::/system.slice/docker-" + One + ".scope\n", One)]
    [InlineData("0::/machine.slice/libpod-" + One + ".scope/container\n", One)]
    [InlineData("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + One + ".scope\n", One)]
    [InlineData("0::/docker/" + Other + "/docker/" + One + "\n", One)]
    [InlineData("0::/\n", null)]
    [InlineData("9:name=systemd:/user.slice/session-1.scope\n", null)]
    [InlineData("0::/build/" + One + "0\n", null)]
    [InlineData("", null)]
    public void A_container_is_known_by_the_innermost_group_that_is_named_by_an_id(string groups, string? id) => Assert.Equal(id, ControlGroups.IdIn(groups));

    [Fact]
    public void This_processs_own_container_is_none() => Assert.Null(ControlGroups.ContainerOf(Environment.ProcessId));
}
