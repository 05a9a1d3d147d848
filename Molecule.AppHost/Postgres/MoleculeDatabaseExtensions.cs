using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Molecule.AppHost.Run;
using Molecule.AppHost.Services;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;
using Npgsql;

namespace Molecule.AppHost.Postgres;

public static class MoleculeDatabaseExtensions
{
    /// <summary>The server's resource.</summary>
    public const string ServerName = "postgres";

    private const string DatabaseResourceName = "moleculedb";
    private const string DatabaseName = "molecule";
    private const string PasswordName = "postgres-password";
    private const string PasswordVariable = "MOLECULE_POSTGRES_PASSWORD";

    /// <summary>Adds the graph's database: <c>postgres</c> and, below it, <c>moleculedb</c>, in a container or embedded (<see cref="PostgresChoice"/>).</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddMoleculeDatabase(this IDistributedApplicationBuilder builder, MoleculeRun run) =>
        PostgresChoice.Of(builder.Configuration[PostgresChoice.Setting], IsRealAspire(), static () => ContainerEngine.OfThisMachine()) == PostgresKind.Container
            ? builder.AddContainerDatabase(run)
            : builder.AddEmbeddedDatabase(run);

    // Aspire's own connection properties, health checks and creation of the database; the label is for the run's reaper. The endpoint keeps Aspire's
    // proxy: without one the container would be published on 5432 itself, and two runs at once could not be.
    private static IResourceBuilder<PostgresDatabaseResource> AddContainerDatabase(this IDistributedApplicationBuilder builder, MoleculeRun run)
    {
        var server = builder.AddPostgres(ServerName, password: builder.AddSecret(PasswordName))
            .WithContainerRuntimeArgs("--label", $"{RunEnvironment.ContainerLabel}={run.Id}");
        if (builder.Configuration["Molecule:Postgres:Image"] is { Length: > 0 } image)
        {
            server.WithImageRegistry(null).WithImage(image);
        }

        return server.AddDatabase(DatabaseResourceName, DatabaseName);
    }

    // The offline engine says what it is (docs/decisions/0002); the real one has no such metadata.
    private static bool IsRealAspire() =>
        !typeof(DistributedApplication).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(static a => a is { Key: "AspireEngine", Value: "offline" });

    private static IResourceBuilder<EmbeddedPostgresDatabaseResource> AddEmbeddedDatabase(this IDistributedApplicationBuilder builder, MoleculeRun run)
    {
        var installed = builder.AddHostTool("install-postgres", run, "install", "postgres");
        var password = builder.AddSecret(PasswordName);

        var server = new EmbeddedPostgresResource(ServerName, HostTool.Command, run.Repository, password.Resource);
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

        var database = new EmbeddedPostgresDatabaseResource(DatabaseResourceName, DatabaseName, server);
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
