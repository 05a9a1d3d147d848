using Npgsql;

namespace Molecule.ControlPlane.Database;

/// <summary>The database <c>moleculedb</c>: connections, and transactions that either end whole or leave nothing.</summary>
public sealed class MoleculeDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    /// <exception cref="SettingsException">The connection string is missing or wrong.</exception>
    public MoleculeDatabase(IConfiguration configuration, ILoggerFactory loggers)
    {
        var text = configuration.GetConnectionString("moleculedb")
            ?? throw new SettingsException("ConnectionStrings__moleculedb", "is not set", "give it PostgreSQL's connection string");
        try
        {
            MigrationConnectionString = new NpgsqlConnectionStringBuilder(text) { Pooling = false }.ConnectionString;
        }
        catch (ArgumentException)
        {
            // Npgsql's message may quote the text, password and all.
            throw new SettingsException("ConnectionStrings__moleculedb", "is no connection string of PostgreSQL", "write it like Host=localhost;Port=5432;Username=postgres;Password=...;Database=moleculedb");
        }

        _source = new NpgsqlDataSourceBuilder(text).UseLoggerFactory(loggers).Build();
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
