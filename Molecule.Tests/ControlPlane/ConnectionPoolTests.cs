using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane.Database;
using Npgsql;

namespace Molecule.Tests.ControlPlane;

[Collection(ControlPlaneCollection.Name)]
public sealed class ConnectionPoolTests(PostgresCluster postgres)
{
    // PostgreSQL's own defaults: max_connections 100, of which superuser_reserved_connections keeps 3.
    private const int LetIn = 97;

    [Fact]
    public async Task A_control_plane_asks_for_fewer_connections_than_a_server_lets_in()
    {
        var unsaid = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync());
        unsaid.Remove("Maximum Pool Size");

        Assert.InRange(await PoolOfAsync(unsaid.ConnectionString), 1, LetIn - 10);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    public async Task What_the_connection_string_says_of_the_pool_holds(int size)
    {
        var said = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync()) { MaxPoolSize = size };

        Assert.Equal(size, await PoolOfAsync(said.ConnectionString));
    }

    private static async Task<int> PoolOfAsync(string connectionString)
    {
        await using var control = await RunningControlPlane.StartAsync(connectionString);
        await using var connection = await control.Services.GetRequiredService<MoleculeDatabase>().OpenAsync(TestContext.Current.CancellationToken);
        return new NpgsqlConnectionStringBuilder(connection.ConnectionString).MaxPoolSize;
    }
}
