using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Molecule.AppHost.Run;
using Molecule.AppHost.Services;
using Npgsql;

namespace Molecule.AppHost.Postgres;

public static class MoleculeDatabaseExtensions
{
    private const string PasswordVariable = "MOLECULE_POSTGRES_PASSWORD";

    /// <summary>Adds the graph's database: <c>postgres</c> and, below it, <c>moleculedb</c>.</summary>
    public static IResourceBuilder<EmbeddedPostgresDatabaseResource> AddMoleculeDatabase(this IDistributedApplicationBuilder builder, MoleculeRun run)
    {
        var installed = builder.AddHostTool("install-postgres", run, "install", "postgres");
        var password = builder.AddSecret("postgres-password");

        var server = new EmbeddedPostgresResource("postgres", HostTool.Command, run.Repository, password.Resource);
        var serverBuilder = builder.AddResource(server)
            .WithEndpoint(scheme: "tcp", name: "tcp", isProxied: false)
            .WithArgs(HostTool.Program, "postgres", "--data", run.PostgresFolder, "--user", EmbeddedPostgresResource.UserName, "--password-env", PasswordVariable)
            .WithArgs(context =>
            {
                context.Args.Add("--port");
                context.Args.Add(server.PrimaryEndpoint.Property(EndpointProperty.Port));
            })
            .WithEnvironment(PasswordVariable, password)
            .OfRun(run)
            .WaitForCompletion(installed);

        var database = new EmbeddedPostgresDatabaseResource("moleculedb", "molecule", server);
        builder.AddAnswerCheck("postgres_check", server);
        builder.AddAnswerCheck("moleculedb_check", database);
        serverBuilder.WithArgs("--database", database.DatabaseName).WithHealthCheck("postgres_check");

        return builder.AddResource(database)
            .WithInitialState(new CustomResourceSnapshot { ResourceType = "EmbeddedPostgresDatabase", Properties = [] })
            .WithHealthCheck("moleculedb_check");
    }

    private static void AddAnswerCheck(this IDistributedApplicationBuilder builder, string key, IResourceWithConnectionString resource) =>
        builder.Services.AddHealthChecks().AddAsyncCheck(key, async cancellationToken =>
        {
            try
            {
                await using var connection = new NpgsqlConnection(await resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false));
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using var command = new NpgsqlCommand("SELECT 1", connection);
                await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is NpgsqlException or IOException)
            {
                return HealthCheckResult.Unhealthy(e.Message);
            }
        });
}
