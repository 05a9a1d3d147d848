using System.Data.Common;
using Npgsql;

namespace Molecule.ControlPlane.Database;

/// <summary>The database <c>moleculedb</c>: connections, and transactions that either end whole or leave nothing.</summary>
public sealed class MoleculeDatabase : IAsyncDisposable
{
    // PostgreSQL lets 97 in unless told otherwise, Npgsql's pool would ask for 100: a burst of requests has to wait here, not to be turned away there.
    private const int PoolSize = 80;

    private readonly NpgsqlDataSource _source;

    public MoleculeDatabase(Settings settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        MigrationConnectionString = new NpgsqlConnectionStringBuilder(settings.Database) { Pooling = false }.ConnectionString;
        _source = new NpgsqlDataSourceBuilder(WithPool(settings.Database)).UseLoggerFactory(loggers).Build();
    }

    /// <summary>For the one client that wants a string: unpooled, so that nothing stays open behind it.</summary>
    internal string MigrationConnectionString { get; }

    /// <summary>An open connection of the pool.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <summary>Runs a query on a connection of its own.</summary>
    public async Task<T> QueryAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        await using var connection = await OpenAsync(cancellation);
        return await work(connection);
    }

    /// <summary>Runs work in one transaction: committed when it returns, undone when it throws.</summary>
    public async Task<T> TransactAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var result = await work(connection);
        await transaction.CommitAsync(cancellation);
        return result;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    // Unless it says one.
    private static string WithPool(string connectionString)
    {
        // Npgsql's own builder knows every key, said or not.
        var said = new DbConnectionStringBuilder { ConnectionString = connectionString };
        return said.ContainsKey("Maximum Pool Size") ? connectionString : new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = PoolSize }.ConnectionString;
    }
}
