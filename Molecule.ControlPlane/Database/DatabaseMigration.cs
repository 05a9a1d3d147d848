using DbUp;
using DbUp.Engine.Output;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Molecule.ControlPlane.Database;

/// <summary>Brings the schema up to date at start; until then the control plane is not healthy. Two that start at once take turns.</summary>
/// <remarks>Waits for the database at most <see cref="Deadline"/>; a migration that fails, or a database that never comes, ends the process.</remarks>
public sealed partial class DatabaseMigration(MoleculeDatabase database, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<DatabaseMigration> logger)
    : BackgroundService, IHealthCheck
{
    /// <summary>How long the database may take to answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // Any number will do that nobody else takes in this database.
    private const long Lock = 0x6d6f6c6563756c65;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the schema is there; fails with what kept it from being so.</summary>
    public Task Done => _done.Task;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        _done.Task switch
        {
            { IsCompletedSuccessfully: true } => HealthCheckResult.Healthy(),
            { IsFaulted: true } => HealthCheckResult.Unhealthy("the database could not be migrated"),
            _ => HealthCheckResult.Unhealthy("the database is not migrated yet"),
        });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using var connection = await ConnectAsync(stoppingToken);
            await RunAsync(connection, "SELECT pg_advisory_lock($1)", stoppingToken);
            try
            {
                await Task.Run(Upgrade, stoppingToken);
            }
            finally
            {
                await RunAsync(connection, "SELECT pg_advisory_unlock($1)", CancellationToken.None);
            }

            _done.SetResult();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _done.TrySetCanceled(stoppingToken);
        }
        catch (Exception e)
        {
            // The process's edge: without its tables it can do nothing. Program turns the failed task into an exit code.
            LogFailed(logger, e);
            _done.TrySetException(e);
            lifetime.StopApplication();
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = Lock } }, CommandTimeout = (int)Deadline.TotalSeconds };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await database.OpenAsync(cancellation);
            }
            catch (NpgsqlException e) when (IsNotThereYet(e) && time.GetElapsedTime(started) < Deadline)
            {
                LogWaiting(logger, e.Message);
                await Task.Delay(Pause, time, cancellation);
            }
        }
    }

    // Refused or starting up (57P03), or its server is there before the database itself is created (3D000).
    private static bool IsNotThereYet(NpgsqlException error) => error.IsTransient || error.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.InvalidCatalogName;

    private void Upgrade()
    {
        var upgrade = DeployChanges.To.PostgresqlDatabase(database.MigrationConnectionString)
            .WithScriptsEmbeddedInAssembly(typeof(DatabaseMigration).Assembly, static name => name.EndsWith(".sql", StringComparison.Ordinal))
            .JournalToPostgresqlTable("public", "schema_migrations")
            .WithTransactionPerScript()
            .LogTo(new UpgradeLog(logger))
            .Build()
            .PerformUpgrade();
        if (!upgrade.Successful)
        {
            throw new InvalidOperationException($"The migration {upgrade.ErrorScript?.Name} failed: {upgrade.Error.Message}", upgrade.Error);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for the database: {Problem}")]
    private static partial void LogWaiting(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The database could not be migrated.")]
    private static partial void LogFailed(ILogger logger, Exception error);

    private sealed class UpgradeLog(ILogger logger) : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) => Write(LogLevel.Trace, format, args);

        public void LogDebug(string format, params object[] args) => Write(LogLevel.Debug, format, args);

        public void LogInformation(string format, params object[] args) => Write(LogLevel.Debug, format, args);

        public void LogWarning(string format, params object[] args) => Write(LogLevel.Warning, format, args);

        public void LogError(string format, params object[] args) => Write(LogLevel.Error, format, args);

        public void LogError(Exception ex, string format, params object[] args) => Write(LogLevel.Error, format, args);

        private void Write(LogLevel level, string format, object[] args)
        {
#pragma warning disable CA2254 // The template is dbup's own.
            logger.Log(level, format, args);
#pragma warning restore CA2254
        }
    }
}
