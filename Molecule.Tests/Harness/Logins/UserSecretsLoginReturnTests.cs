using System.Text.Json.Nodes;
using Molecule.Harness.Keys;

namespace Molecule.Tests.Harness.Logins;

/// <summary>To .NET's user-secrets, a file of the user's.</summary>
public sealed class UserSecretsLoginReturnTests : LoginReturnContract
{
    private string Secrets => Path.Combine(Home, "secrets.json");

    private protected override object Writes => File.GetLastWriteTimeUtc(Secrets);

    private protected override IKeyStore Store => new UserSecretsKeys(Secrets);

    [Fact]
    public async Task The_file_is_its_owners_alone_and_no_part_of_a_write_is_left()
    {
        await StoreAsync(SomeLogin.Text("rt-secret-was", SomeLogin.Noon));

        Assert.Null(await ReturnAsync());

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Secrets));
        }

        Assert.Equal([Secrets], Directory.GetFiles(Home));
    }

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    private protected override Task StoreAsync(string login) =>
        File.WriteAllTextAsync(Secrets, new JsonObject { ["E2E_OTHER_KEY"] = "somebody else's", [SomeLogin.Name] = login }.ToJsonString(), Cancelled);

    private protected override async Task<string?> StoredAsync(string name = SomeLogin.Name) =>
        (string?)JsonNode.Parse(await File.ReadAllTextAsync(Secrets, Cancelled))?[name];

    // What an editor leaves half-way.
    private protected override Task BreakAsync() => File.WriteAllTextAsync(Secrets, "{ \"E2E_", Cancelled);
}
