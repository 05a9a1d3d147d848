using Molecule.Contracts.Clouds;

namespace Molecule.Tests.Contracts;

public sealed class FederatedIdentityTests
{
    [Fact]
    public void An_identity_prints_neither_its_secret_key_nor_its_session() =>
        Assert.Equal("FederatedIdentity { AccessKeyId = id, Audience = pool }", new FederatedIdentity("pool", "id", "secret", "session", "account").ToString());
}
