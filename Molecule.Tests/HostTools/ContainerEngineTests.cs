using Molecule.HostTools.Containers;
using Molecule.HostTools.Installing;

namespace Molecule.Tests.HostTools;

public sealed class ContainerEngineTests
{
    private static readonly CacheFolder Cache = new("/cache");

    [Theory]
    [InlineData("tcp://10.0.0.1:2375", "/var/run/docker.sock /cache/docker/docker.sock", "tcp://10.0.0.1:2375/")]
    [InlineData(null, "/var/run/docker.sock /cache/docker/docker.sock", "unix:///var/run/docker.sock")]
    [InlineData("", "/cache/docker/docker.sock", "unix:///cache/docker/docker.sock")]
    [InlineData(null, "", null)]
    public void DOCKER_HOST_comes_first_then_the_systems_socket_then_that_of_the_cache(string? said, string sockets, string? expected) =>
        Assert.Equal(expected, ContainerEngine.Find(name => name == "DOCKER_HOST" ? said : null, Cache, sockets.Split(' ').Contains)?.Address.ToString());

    [Fact]
    public void A_DOCKER_HOST_that_is_no_address_is_refused_with_what_one_looks_like()
    {
        var error = Assert.Throws<InstallException>(() => ContainerEngine.Find(static _ => "docker.sock", Cache, static _ => false));

        Assert.Equal("DOCKER_HOST is 'docker.sock', which is no address; it looks like unix:///var/run/docker.sock.", error.Message);
    }

    [Fact]
    public async Task A_socket_behind_which_nobody_listens_has_no_version()
    {
        var engine = new ContainerEngine(new Uri($"unix://{Path.GetTempPath()}no-such-{Guid.NewGuid():N}.sock"));

        Assert.Null(await engine.VersionAsync(TestContext.Current.CancellationToken));
    }
}
