using System.Text;
using System.Text.RegularExpressions;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.ControlPlane;

/// <summary>The control plane as a process of its own: how it ends.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed partial class ControlPlaneProcessTests(PostgresCluster postgres)
{
    private const string Dll = "Molecule.ControlPlane.dll";

    // Real Aspire kills six seconds after TERM; every service has to be gone a second before.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Told_to_stop_it_answers_its_open_calls_and_ends_clean_in_time()
    {
        await using var agent = await FakeAgent.SilentAsync();
        await using var program = RunningProgram.Start(Dll, Path.GetTempPath(), Environment(await postgres.NewDatabaseAsync()));
        var url = await RunningControlPlane.UntilAsync("its address", () => Task.FromResult(Listening.Match(program.Output)), static match => match.Success);
        using var http = new HttpClient { BaseAddress = new Uri(url.Groups[1].Value), Timeout = RunningControlPlane.Deadline };
        await RunningControlPlane.UntilAsync("its health", async () => (int)(await http.GetAsync("/health")).StatusCode, static status => status == 200);
        var id = Guid.NewGuid();
        using var register = await http.PostAsync("/registry/register", Json($$$"""{"id":"{{{id}}}","url":"{{{agent.Url}}}","agent_card":{}}"""));
        Assert.True(register.IsSuccessStatusCode);
        var call = http.PostAsync($"/workspaces/{id}/a2a", Json("""{"method":"message/send"}"""));
        await RunningControlPlane.UntilAsync("the call at the agent", () => Task.FromResult(agent.Calls.Count), static count => count == 1);

        var started = TimeProvider.System.GetTimestamp();
        Assert.True(ProcessTable.Terminate(program.Key));
        using var answer = await call;
        await RunningControlPlane.UntilAsync("its end", () => Task.FromResult(ProcessTable.IsRunning(program.Key)), static running => !running);

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, StopLimit);
        Assert.Equal(503, (int)answer.StatusCode);
        await program.WaitForExitAsync(RunningControlPlane.Deadline);
        Assert.Equal(0, program.ExitCode);
    }

    [Theory]
    [InlineData("ConnectionStrings__moleculedb", "", 2, "ConnectionStrings__moleculedb is not set")]
    [InlineData("Molecule__Registry", "/nowhere.yaml", 2, "Molecule__Registry names a file that cannot be read")]
    public async Task A_wrong_setting_ends_it_with_2_and_one_line(string name, string value, int code, string message)
    {
        var environment = Environment(postgres.Unmade());
        environment[name] = value;
        await using var program = RunningProgram.Start(Dll, Path.GetTempPath(), environment);

        await program.WaitForExitAsync(RunningControlPlane.Deadline);

        Assert.Equal(code, program.ExitCode);
        Assert.StartsWith(message, Assert.Single(program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_that_cannot_be_made_ends_it_with_1_and_the_cause()
    {
        var database = await postgres.NewDatabaseAsync();
        await using (var source = Npgsql.NpgsqlDataSource.Create(database))
        {
            await using var command = source.CreateCommand("CREATE TABLE workspaces (id int)");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var program = RunningProgram.Start(Dll, Path.GetTempPath(), Environment(database));

        await program.WaitForExitAsync(RunningControlPlane.Deadline);

        Assert.Equal(1, program.ExitCode);
        Assert.Contains("0001_workspaces.sql failed", program.Output, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Environment(string database) => new(RunningProgram.BareEnvironment(Path.GetTempPath()))
    {
        ["MOLECULE_ENV"] = "development",
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        ["Molecule__Registry"] = RunningControlPlane.ProvidersYaml,
        ["ConnectionStrings__moleculedb"] = database,
    };

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    [GeneratedRegex("Now listening on: (http://[0-9.:]+)")]
    private static partial Regex Listening { get; }
}
