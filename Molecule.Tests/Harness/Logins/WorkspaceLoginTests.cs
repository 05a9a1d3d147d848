using Molecule.Harness.Logins;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness.Logins;

/// <summary>Where the login of a workspace is seen.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class WorkspaceLoginTests(PostgresCluster postgres) : IDisposable
{
    private readonly TemporaryFolder _workspaces = new("molecule-workspaces-");

    [Fact]
    public async Task Where_no_folder_of_it_is_here_the_control_plane_is_asked_as_the_workspace_itself()
    {
        await using var controlPlane = await RunningControlPlane.StartAsync(postgres);
        var id = (await controlPlane.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { CODEX_AUTH_JSON = "as the platform keeps it", OTHER = "x" } })).Id;
        Assert.Equal(200, (await controlPlane.SendAsync("POST", "/registry/register", new { id, url = "http://localhost:1", agent_card = new { } })).Status);

        Assert.Equal(["as the platform keeps it"], await LookAsync(controlPlane.Url, $"{id}"));
    }

    [Fact]
    public async Task Where_its_folder_is_here_the_file_is_enough_and_nobody_is_asked()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_workspaces.Path, "w-1", "home", ".codex"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "auth.json"), "as codex keeps it", TestContext.Current.CancellationToken);
        await using var controlPlane = await FakeVendor.StartAsync();

        Assert.Equal(["as codex keeps it"], await LookAsync(controlPlane.Url, "w-1"));
        Assert.Empty(controlPlane.Calls);
    }

    [Fact]
    public async Task A_workspace_that_has_not_registered_yet_is_given_no_token_since_it_could_not_register_any_more()
    {
        await using var controlPlane = await FakeVendor.StartAsync();
        controlPlane.Answer("""{"status":"provisioning"}""");
        using var soon = new CancellationTokenSource();
        var looking = LookAsync(controlPlane.Url, "w-1", soon.Token);
        await Eventually.HoldsAsync(() => controlPlane.Calls.Count > 1, RunningControlPlane.Deadline, "it is looked at more than once");

        await soon.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
        Assert.All(controlPlane.Calls, static call => Assert.Equal("GET /workspaces/w-1", call.Line));
    }

    [Fact]
    public async Task A_control_plane_that_fails_is_an_error_without_what_it_answered()
    {
        await using var controlPlane = await FakeVendor.StartAsync();
        controlPlane.Answer("""{"CODEX_AUTH_JSON":"secret"}""", 500);

        var failed = await Assert.ThrowsAsync<HttpRequestException>(() => LookAsync(controlPlane.Url, "w-1"));

        Assert.Equal("GET /workspaces/w-1 answered 500", failed.Message);
    }

    public void Dispose() => _workspaces.Dispose();

    private async Task<IEnumerable<string>> LookAsync(string url, string workspace, CancellationToken? cancellation = null)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        return await new WorkspaceLogin(http, RunningControlPlane.AdminToken, _workspaces.Path, TimeProvider.System).LookAsync(workspace, cancellation ?? TestContext.Current.CancellationToken);
    }
}
