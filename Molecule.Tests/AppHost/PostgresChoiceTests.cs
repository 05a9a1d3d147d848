using Molecule.AppHost.Postgres;
using Molecule.HostTools.Containers;

namespace Molecule.Tests.AppHost;

public sealed class PostgresChoiceTests
{
    private static readonly ContainerEngine Engine = new(new Uri("unix:///var/run/docker.sock"));

    [Theory]
    [InlineData(null, true, true, PostgresKind.Container)]
    [InlineData("auto", true, true, PostgresKind.Container)]
    [InlineData("auto", true, false, PostgresKind.Embedded)]
    [InlineData("auto", false, true, PostgresKind.Embedded)]
    [InlineData("", false, false, PostgresKind.Embedded)]
    [InlineData("container", false, false, PostgresKind.Container)]
    [InlineData("Embedded", true, true, PostgresKind.Embedded)]
    public void What_is_said_is_done_and_auto_wants_real_Aspire_and_an_engine(string? setting, bool isRealAspire, bool hasEngine, PostgresKind expected) =>
        Assert.Equal(expected, PostgresChoice.Of(setting, isRealAspire, () => hasEngine ? Engine : null));

    [Fact]
    public void Anything_else_is_refused_with_the_three_there_are()
    {
        var error = Assert.Throws<InvalidOperationException>(() => PostgresChoice.Of("docker", isRealAspire: true, static () => null));

        Assert.Equal("Molecule:Postgres is 'docker'; it is one of auto, container, embedded.", error.Message);
    }
}
