using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Docker.DotNet.Models;
using Molecule.HostTools.Postgres;
using Npgsql;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>AddPostgres in a container: names, variables and connection properties of spec 13 of the API, on an image made of the cache's own PostgreSQL.</summary>
[Collection(ContainerTests.Collection)]
public sealed class PostgresTests : IAsyncLifetime
{
    private const string Name = "molecule-conformance-postgres";
    private const string Tag = "1";

    // What the official image does with its variables, in short.
    private const string Entrypoint = """
        #!/bin/sh
        set -e
        printf %s "$POSTGRES_PASSWORD" > /tmp/password
        /pg/bin/initdb --pgdata=/tmp/data --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --no-locale --no-sync $POSTGRES_INITDB_ARGS
        echo "host all all all $POSTGRES_HOST_AUTH_METHOD" >> /tmp/data/pg_hba.conf
        exec /pg/bin/postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp
        """;

    public async ValueTask InitializeAsync()
    {
        if (await ContainerEngine.MissingAsync() is { } missing)
        {
            throw new InvalidOperationException($"These tests are required to run, and {missing}.");
        }

        var programs = await PostgresPrograms.InstallAsync(TextWriter.Null, TestContext.Current.CancellationToken);
        var image = new LocalImage()
            .WithFolder(Path.GetDirectoryName(Path.GetDirectoryName(programs.Server))!, "/pg")
            .WithText("/etc/passwd", "root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\n")
            .WithText("/entrypoint.sh", Entrypoint);
        await image.WithProgramAsync("sh", at: "/bin/sh");
        await image.WithProgramAsync(programs.Server, at: "/pg/bin/postgres");
        await image.WithProgramAsync(programs.InitDb, at: "/pg/bin/initdb");
        await image.ImportAsync(Name, Tag, ["USER 999", "ENTRYPOINT [\"/entrypoint.sh\"]"], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        using var client = ContainerEngine.Connect();
        await client.Images.DeleteImageAsync($"{Name}:{Tag}", new ImageDeleteParameters { Force = true });
    }

    [ContainerFact]
    public async Task A_database_of_a_server_in_a_container_is_there_once_it_is_healthy_and_is_found_by_Aspires_names()
    {
        await using var graph = await Graph.CreateAsync("--Parameters:pg-password=s3cret&");
        var password = graph.Builder.AddParameter("pg-password", secret: true);
        var server = graph.Builder.AddPostgres("pg", password: password).WithImage(Name, Tag);
        var database = server.AddDatabase("appdb", "app");
        var printer = graph.AddEnvironmentPrinter("printer").WithReference(database).WaitFor(database);
        await graph.StartAsync();
        await graph.Notifications.WaitForResourceHealthyAsync("appdb", graph.Deadline);

        var port = server.Resource.PrimaryEndpoint.Port;
        var seen = await graph.PrintedEnvironmentAsync(printer.Resource);
        Assert.Equal($"Host=localhost;Port={port};Username=postgres;Password=s3cret&;Database=app", seen["ConnectionStrings__appdb"]);
        Assert.Equal(("localhost", $"{port}", "postgres", "s3cret&", "app"), (seen["APPDB_HOST"], seen["APPDB_PORT"], seen["APPDB_USERNAME"], seen["APPDB_PASSWORD"], seen["APPDB_DATABASENAME"]));
        Assert.Equal($"postgresql://postgres:s3cret%26@localhost:{port}/app", seen["APPDB_URI"]);
        Assert.Equal($"jdbc:postgresql://localhost:{port}/app", seen["APPDB_JDBCCONNECTIONSTRING"]);

        await using var connection = new NpgsqlConnection($"{seen["ConnectionStrings__appdb"]};Pooling=false");
        await connection.OpenAsync(graph.Deadline);
        await using var command = new NpgsqlCommand("SELECT current_database() || ' ' || current_user", connection);
        Assert.Equal("app postgres", await command.ExecuteScalarAsync(graph.Deadline));
    }
}
