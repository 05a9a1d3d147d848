using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>Adds PostgreSQL in containers; image, variables and behaviour as spec 13 of the API says.</summary>
public static class PostgresBuilderExtensions
{
    private const int Port = 5432;

    /// <summary>Adds a server; without a password one is made up.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var server = new PostgresServerResource(
            name,
            userName?.Resource,
            (password ?? builder.AddParameter($"{name}-password", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true)).Resource);
        var check = $"{name}_check";
        AddCheck(builder, check, server);
        return builder.AddResource(server)
            .WithImage("library/postgres", "18.3").WithImageRegistry("docker.io")
            .WithEndpoint(port: port, targetPort: Port, name: "tcp")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment("POSTGRES_USER", server.UserName)
            .WithEnvironment("POSTGRES_PASSWORD", server.PasswordParameter)
            .WithHealthCheck(check)
            .OnResourceReady(static async (ready, _, cancellationToken) => await CreateDatabasesAsync(ready, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds a database, which is created once the server answers.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.AddDatabase(name, database.DatabaseName);
        var check = $"{name}_check";
        AddCheck(builder.ApplicationBuilder, check, database);
        return builder.ApplicationBuilder.AddResource(database).WithHealthCheck(check);
    }

    private static async Task CreateDatabasesAsync(PostgresServerResource server, CancellationToken cancellationToken)
    {
        var text = await server.ConnectionStringExpression.GetValueAsync(cancellationToken).ConfigureAwait(false);
        await using var connection = new NpgsqlConnection($"{text};Database=postgres;Pooling=false");
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in server.Databases.Values)
        {
            try
            {
                await using var create = new NpgsqlCommand($"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(name)}", connection);
                await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
            {
                // A data volume brought it along.
            }
        }
    }

    private static void AddCheck(IDistributedApplicationBuilder builder, string key, IResourceWithConnectionString resource) =>
        builder.Services.AddHealthChecks().AddAsyncCheck(key, async cancellationToken =>
        {
            try
            {
                var text = await resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false);
                await using var connection = new NpgsqlConnection($"{text};Pooling=false{(resource is PostgresServerResource ? ";Database=postgres" : "")}");
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
