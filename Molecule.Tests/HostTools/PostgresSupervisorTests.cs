using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Installing;
using Molecule.Processes;
using Npgsql;

namespace Molecule.Tests.HostTools;

public sealed class PostgresSupervisorTests : IAsyncDisposable
{
    private const string Password = "a 'quoted' word";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    // Real Aspire's orchestrator kills 6 s after TERM (spec/aspire-api.md).
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(6);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-supervisor-");
    private readonly int _port;
    private readonly List<Tool> _tools = [];
    private readonly List<ProcessKey> _servers = [];

    public PostgresSupervisorTests()
    {
        CacheFolder.OpenToAll(_folder.FullName);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Data => Path.Combine(_folder.FullName, "data");

    public async ValueTask DisposeAsync()
    {
        _tools.ForEach(static tool => tool.Dispose());
        _servers.ForEach(static key => ProcessTable.Kill(key));
        await Awaited.UntilAsync("the servers had ended", TimeSpan.FromSeconds(10), () => _servers.TrueForAll(static key => !ProcessTable.IsRunning(key)));
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Told_to_stop_with_a_session_open_it_closes_the_data_cleanly_before_an_orchestrator_kills()
    {
        var tool = await StartAsync();
        await using (var connection = await OpenAsync())
        {
            await ExecuteAsync(connection, "create table kept (word text); insert into kept values ('yes')");
            ProcessTable.Terminate(tool.Key);

            Assert.Equal(0, await tool.ExitAsync(StopLimit));
        }

        Assert.Contains("database system is shut down", tool.Said, StringComparison.Ordinal);
        tool.Dispose();

        var again = await StartAsync();
        Assert.DoesNotContain("recovery", again.Said, StringComparison.Ordinal);
        await using var later = await OpenAsync();
        Assert.Equal("yes", await ExecuteAsync(later, "select word from kept"));
    }

    [Fact]
    public async Task Killed_it_takes_the_server_with_it()
    {
        var tool = await StartAsync();
        var server = Server(tool)!;
        await using var connection = await OpenAsync();
        var family = ProcessTable.Descendants(ProcessTable.Read(), tool.Key.Id);
        Assert.True(family.Length > 3, "PostgreSQL should have had workers.");

        ProcessTable.Kill(tool.Key);

        await Awaited.UntilAsync("server and workers had ended", TimeSpan.FromSeconds(10), () => family.All(static row => !ProcessTable.IsRunning(row.Key)));
        using (var free = new TcpListener(IPAddress.Loopback, _port))
        {
            free.Start();
        }

        // The kernel's signal is a fast shutdown, so even this end is a clean one.
        var again = await StartAsync();
        Assert.DoesNotContain("recovery", again.Said, StringComparison.Ordinal);
        Assert.False(ProcessTable.IsRunning(server.Key));
    }

    [Fact]
    public async Task The_lost_lifeline_of_its_run_stops_it()
    {
        var holder = LifelineHolder.Open(Path.Combine(_folder.FullName, "line"));
        var tool = await StartAsync((RunEnvironment.Lifeline, holder.Path));

        await holder.DisposeAsync();

        Assert.Equal(0, await tool.ExitAsync(StopLimit));
        Assert.Contains("database system is shut down", tool.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_ends_by_itself_ends_the_supervisor_with_its_fate()
    {
        var tool = await StartAsync();

        ProcessTable.Kill(Server(tool)!.Key);

        Assert.Equal(137, await tool.ExitAsync(StopLimit));
    }

    [Fact]
    public async Task The_password_stands_in_no_argument_and_in_no_environment_but_the_supervisors()
    {
        var tool = await StartAsync();

        var server = Server(tool)!;
        Assert.DoesNotContain(Password, await File.ReadAllTextAsync($"/proc/{server.Key.Id}/cmdline", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, await File.ReadAllTextAsync($"/proc/{server.Key.Id}/environ", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, tool.Said, StringComparison.Ordinal);
        Assert.All(
            Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories).Where(static file => new FileInfo(file).Length is > 0 and < 1 << 20),
            static file => Assert.DoesNotContain(Password, File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_folder_that_holds_something_else_is_refused_untouched()
    {
        Directory.CreateDirectory(Data);
        var letter = Path.Combine(Data, "letter.txt");
        await File.WriteAllTextAsync(letter, "dear", TestContext.Current.CancellationToken);

        using var tool = Run("--database", "moleculedb");

        Assert.Equal(2, await tool.ExitAsync(StartLimit));
        Assert.Contains($"'{Data}' is not empty and holds no PostgreSQL server", tool.Said, StringComparison.Ordinal);
        Assert.True(File.Exists(letter));
    }

    [Fact]
    public async Task A_password_variable_that_is_not_set_is_named()
    {
        using var tool = Tool.Start(
            new Dictionary<string, string?> { ["PGSECRET"] = null },
            "postgres", "--data", Data, "--port", _port.ToString(CultureInfo.InvariantCulture), "--password-env", "PGSECRET");

        Assert.Equal(2, await tool.ExitAsync(StartLimit));
        Assert.Contains("PGSECRET is not set", tool.Said, StringComparison.Ordinal);
    }

    private async Task<Tool> StartAsync(params (string Name, string Value)[] environment)
    {
        var tool = Run(environment, "--database", "moleculedb");
        _tools.Add(tool);
        await Awaited.UntilAsync(
            $"the server was ready or had given up; log:{Environment.NewLine}{tool.Said}",
            StartLimit,
            () => tool.Said.Contains("ready to accept connections", StringComparison.Ordinal) || !ProcessTable.IsRunning(tool.Key));
        Assert.Contains("ready to accept connections", tool.Said, StringComparison.Ordinal);
        _servers.Add(Server(tool)!.Key);
        return tool;
    }

    private Tool Run(params string[] arguments) => Run([], arguments);

    private Tool Run((string Name, string Value)[] environment, params string[] arguments)
    {
        var variables = environment.ToDictionary(static e => e.Name, static e => (string?)e.Value);
        variables["PGSECRET"] = Password;
        return Tool.Start(
            variables,
            ["postgres", "--data", Data, "--port", _port.ToString(CultureInfo.InvariantCulture), "--user", "postgres", "--password-env", "PGSECRET", .. arguments]);
    }

    private static ProcessRow? Server(Tool tool) =>
        ProcessTable.Descendants(ProcessTable.Read(), tool.Key.Id).FirstOrDefault(row => row.ParentId == tool.Key.Id && row.Name == "postgres");

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _port,
            Username = "postgres",
            Password = Password,
            Database = "moleculedb",
            Pooling = false,
        };
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
