using Molecule.ProviderFakes;

namespace Molecule.Tests.ProviderFakes;

public sealed class HostTests
{
    [Fact]
    public void Without_an_admin_key_the_host_does_not_start_and_says_what_to_set()
    {
        var error = Assert.Throws<InvalidOperationException>(static () => FakesApplication.Build([]));

        Assert.Contains("Molecule__Fakes__AdminKey", error.Message, StringComparison.Ordinal);
    }
}
