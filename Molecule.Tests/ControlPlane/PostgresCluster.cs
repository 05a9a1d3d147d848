using Molecule.HostTools.Postgres;
using Npgsql;

namespace Molecule.Tests.ControlPlane;

/// <summary>One real PostgreSQL for the tests of the control plane; each test has a database of its own in it.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private EmbeddedPostgres? _server;

    private EmbeddedPostgres Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync()
    {
        _server = await EmbeddedPostgres.StartAsync(TestContext.Current.CancellationToken);

        // A database per test: what a crash would lose is of no interest here.
        await using var connection = new NpgsqlConnection(Unpooled("postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var statement in new[] { "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()" })
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The connection string of a database that does not exist yet.</summary>
    public string Unmade() => Unpooled($"t{Guid.NewGuid():n}");

    /// <summary>The connection string of a new, empty database.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var text = Unmade();
        await MakeAsync(text);
        return text;
    }

    /// <summary>Makes the database that a connection string names.</summary>
    public async Task MakeAsync(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var connection = new NpgsqlConnection(Unpooled("postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    // Few connections each: many databases live at once.
    private string Unpooled(string database) => new NpgsqlConnectionStringBuilder(Server.ConnectionStringFor(database)) { MaxPoolSize = 8 }.ConnectionString;
}

[CollectionDefinition(Name)]
public sealed class ControlPlaneCollection : ICollectionFixture<PostgresCluster>
{
    public const string Name = "control plane";
}
