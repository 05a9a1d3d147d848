using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Molecule.AppHost.Postgres;

namespace Molecule.Tests.AppHost;

/// <summary>The graph's model under each place of its database; nothing is started.</summary>
public sealed class MoleculeDatabaseTests
{
    [Fact]
    public async Task A_database_in_a_container_has_the_same_names_and_the_runs_label()
    {
        await using var builder = await CreateAsync("--Molecule:Postgres=container", "--MOLECULE_RUN=r-1");

        var server = Assert.IsType<PostgresServerResource>(builder.Resources.Single(static r => r.Name == "postgres"), exactMatch: false);
        var database = Assert.IsType<PostgresDatabaseResource>(builder.Resources.Single(static r => r.Name == "moleculedb"), exactMatch: false);
        Assert.Equal(("molecule", server), (database.DatabaseName, database.Parent));
        var arguments = new ContainerRuntimeArgsCallbackContext([], TestContext.Current.CancellationToken);
        foreach (var annotation in server.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
        {
            await annotation.Callback(arguments);
        }

        Assert.Equal(["--label", "molecule.run=r-1"], arguments.Args);
        Assert.DoesNotContain(builder.Resources, static r => r.Name == "install-postgres");
    }

    [Fact]
    public async Task An_embedded_database_has_the_same_names()
    {
        await using var builder = await CreateAsync("--Molecule:Postgres=embedded");

        Assert.IsType<EmbeddedPostgresResource>(builder.Resources.Single(static r => r.Name == "postgres"));
        Assert.Equal("molecule", Assert.IsType<EmbeddedPostgresDatabaseResource>(builder.Resources.Single(static r => r.Name == "moleculedb")).DatabaseName);
    }

    [Fact]
    public async Task Both_speak_the_same_connection_properties()
    {
        Assert.Equal(await PropertiesAsync("container"), await PropertiesAsync("embedded"));

        static async Task<string[]> PropertiesAsync(string where)
        {
            await using var builder = await CreateAsync($"--Molecule:Postgres={where}");
            return
            [
                .. builder.Resources.OfType<IResourceWithConnectionString>().Where(static r => r.Name is "postgres" or "moleculedb").OrderBy(static r => r.Name)
                    .SelectMany(static r => r.GetConnectionProperties().Select(p => $"{r.Name}.{p.Key}").Order(StringComparer.Ordinal)),
            ];
        }
    }

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] arguments) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_AppHost>(arguments, TestContext.Current.CancellationToken);
}
