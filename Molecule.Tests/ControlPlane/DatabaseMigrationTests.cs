using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane;
using Molecule.ControlPlane.Database;

namespace Molecule.Tests.ControlPlane;

[Collection(ControlPlaneCollection.Name)]
public sealed class DatabaseMigrationTests(PostgresCluster postgres)
{
    [Fact]
    public async Task Two_control_planes_that_start_at_once_migrate_one_database_once()
    {
        var database = await postgres.NewDatabaseAsync();
        var both = await Task.WhenAll(RunningControlPlane.StartAsync(database), RunningControlPlane.StartAsync(database));
        await using var first = both[0];
        await using var second = both[1];

        await Done(first).WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        await Done(second).WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        var scripts = Directory.GetFiles(Path.Combine(Path.GetDirectoryName(RunningControlPlane.ProvidersYaml)!, "Molecule.ControlPlane", "Database", "Migrations"), "*.sql").Length;
        Assert.Equal(scripts, await first.ScalarAsync<int>("SELECT count(*) FROM schema_migrations"));
        Assert.Equal(200, (await second.SendAsync("GET", "/workspaces")).Status);
    }

    [Fact]
    public async Task It_waits_for_a_database_that_comes_late_and_is_unhealthy_until_then()
    {
        var database = postgres.Unmade();
        await using var control = await RunningControlPlane.StartAsync(database);

        var early = await control.SendAsync("GET", "/health", bearer: "");
        Assert.Equal(503, early.Status);
        Assert.Contains("the database is not migrated yet", early.Body, StringComparison.Ordinal);
        Assert.Equal(500, (await control.SendAsync("GET", $"/workspaces/{Guid.NewGuid()}", bearer: "")).Status);
        Assert.Contains("\"code\":\"platform_unavailable\"", (await control.SendAsync("GET", $"/workspaces/{Guid.NewGuid()}/activity", bearer: "some")).Body, StringComparison.Ordinal);

        await postgres.MakeAsync(database);
        await Done(control).WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(200, (await control.SendAsync("GET", "/health", bearer: "")).Status);
    }

    [Fact]
    public async Task A_migration_that_fails_ends_the_control_plane_with_its_cause()
    {
        var database = await postgres.NewDatabaseAsync();
        await using (var other = Npgsql.NpgsqlDataSource.Create(database))
        {
            await using var command = other.CreateCommand("CREATE TABLE workspaces (id int)");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var control = await RunningControlPlane.StartAsync(database);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Done(control).WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken));
        Assert.Contains("0001_workspaces.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("already exists", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ConnectionStrings:moleculedb", null, "ConnectionStrings__moleculedb is not set")]
    [InlineData("ConnectionStrings:moleculedb", "Host=x;Password=hunter2;What=1", "ConnectionStrings__moleculedb is no connection string")]
    [InlineData("Molecule:Registry", null, "Molecule__Registry is not set")]
    [InlineData("Molecule:Registry", "/nowhere/providers.yaml", "Molecule__Registry names a file that cannot be read")]
    [InlineData("SECRETS_ENCRYPTION_KEY", "hunter2", "SECRETS_ENCRYPTION_KEY is neither 32 raw bytes nor 32 bytes in base64")]
    [InlineData("PLATFORM_URL", "localhost:8080", "PLATFORM_URL is no http or https URL")]
    [InlineData("CP_PROVISION_URL", "http://localhost:1", "PROVISION_SHARED_SECRET is not set while CP_PROVISION_URL is")]
    [InlineData("A2A_IDLE_TIMEOUT_SECONDS", "soon", "A2A_IDLE_TIMEOUT_SECONDS is no positive number of seconds")]
    [InlineData("Molecule:Vendors:minimax:Origin", "nowhere", "Molecule__Vendors__minimax__Origin is no URL")]
    public async Task A_wrong_setting_is_named_without_its_value(string name, string? value, string message)
    {
        var error = await Assert.ThrowsAsync<SettingsException>(() => RunningControlPlane.StartAsync(postgres.Unmade(), null, new Dictionary<string, string?> { [name] = value }));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_refuses_to_keep_secrets_in_plain_text()
    {
        var error = await Assert.ThrowsAsync<SettingsException>(() => RunningControlPlane.StartAsync(
            postgres.Unmade(), null, new Dictionary<string, string?> { ["MOLECULE_ENV"] = "production", ["SECRETS_ENCRYPTION_KEY"] = null }));

        Assert.StartsWith("SECRETS_ENCRYPTION_KEY is not set while MOLECULE_ENV is production", error.Message, StringComparison.Ordinal);
    }

    private static Task Done(RunningControlPlane control) => control.Services.GetRequiredService<DatabaseMigration>().Done;
}
