using System.Data.Common;
using Dapper;
using Molecule.ControlPlane.Database;

namespace Molecule.ControlPlane.Activity;

/// <summary>Deletes activity that is older than ACTIVITY_RETENTION_DAYS, every six hours (spec/control-plane.md 10).</summary>
public sealed partial class ActivityRetention(MoleculeDatabase database, DatabaseMigration migration, Settings settings, TimeProvider time, ILogger<ActivityRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await migration.Done.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Interval, time);
            do
            {
                await DeleteAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (Exception e) when (e is OperationCanceledException || migration.Done.IsFaulted)
        {
            // This process ends.
        }
    }

    private async Task DeleteAsync(CancellationToken cancellation)
    {
        try
        {
            await database.QueryAsync(
                connection => connection.ExecuteAsync("DELETE FROM activity_logs WHERE created_at < @before", new { before = time.GetUtcNow() - settings.ActivityRetention }), cancellation);
        }
        catch (DbException e)
        {
            LogSkipped(logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old activity was not deleted: {Problem}")]
    private static partial void LogSkipped(ILogger logger, string problem);
}
