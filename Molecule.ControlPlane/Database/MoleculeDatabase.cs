using Npgsql;

namespace Molecule.ControlPlane.Database;

/// <summary>The database <c>moleculedb</c>: connections, and transactions that either end whole or leave nothing.</summary>
public sealed class MoleculeDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    public MoleculeDatabase(Settings settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        MigrationConnectionString = new NpgsqlConnectionStringBuilder(settings.Database) { Pooling = false }.ConnectionString;
        _source = new NpgsqlDataSourceBuilder(settings.Database).UseLoggerFactory(loggers).Build();
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
}
