using Molecule.HostTools.Postgres;
using Npgsql;

namespace Molecule.Tests.HostTools;

public sealed class EmbeddedPostgresTests
{
    [Fact]
    public async Task A_server_answers_keeps_what_it_is_told_and_is_durable_by_default()
    {
        await using var server = await EmbeddedPostgres.StartAsync(TestContext.Current.CancellationToken);
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);

        Assert.Equal("molecule", await ScalarAsync(source, "select current_database()"));
        Assert.Equal("on", await ScalarAsync(source, "show fsync"));
        Assert.Equal("on", await ScalarAsync(source, "show synchronous_commit"));
        Assert.Equal("UTF8", await ScalarAsync(source, "show server_encoding"));
        Assert.Equal("C", await ScalarAsync(source, "select datcollate from pg_database where datname = current_database()"));
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        await using var server = await EmbeddedPostgres.StartAsync(TestContext.Current.CancellationToken);
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "wrong", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));

        Assert.Equal("28P01", refusal.SqlState);
    }

    [Fact]
    public async Task Two_servers_live_side_by_side_and_neither_leaves_anything()
    {
        var first = await EmbeddedPostgres.StartAsync(TestContext.Current.CancellationToken);
        var second = await EmbeddedPostgres.StartAsync(TestContext.Current.CancellationToken);
        await using var source = NpgsqlDataSource.Create(first.ConnectionString);
        await using var other = NpgsqlDataSource.Create(second.ConnectionString);
        var folders = new[] { await ScalarAsync(source, "show data_directory"), await ScalarAsync(other, "show data_directory") };
        Assert.NotEqual(folders[0], folders[1]);

        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.All(folders, static folder => Assert.False(Directory.Exists(Path.GetDirectoryName(folder))));
        Assert.All([first, second], static server => Assert.Contains(server.Log, static line => line.EndsWith("database system is shut down", StringComparison.Ordinal)));
    }

    private static async Task<string> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
