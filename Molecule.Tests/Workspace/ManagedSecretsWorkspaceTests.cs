using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Aws;
using Molecule.Contracts.Clouds;
using Molecule.Tests.ProviderFakes.Aws;
using Molecule.Workspace.Secrets;

namespace Molecule.Tests.Workspace;

/// <summary>A workspace as a process of its own, with the real codex, that reads its credential from the emulated secrets manager.</summary>
public sealed class ManagedSecretsWorkspaceTests : IAsyncLifetime
{
    private const string Key = "OPENAI_API_KEY";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly EmulatedAccount _account = new();
    private readonly HttpClient _http = new();
    private readonly WorkspaceRole _role;

    public ManagedSecretsWorkspaceTests() => _role = new WorkspaceRole(_account, Guid.NewGuid());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _account.InitializeAsync();
        await _role.MakeAsync();
        await WriteAsync("mol-key-of-the-manager");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _account.DisposeAsync();
    }

    [Fact]
    public async Task The_secret_lies_in_the_folder_reaches_the_agent_and_is_what_the_vendor_sees()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);

        Assert.Equal("ready", Status(workspace.Registration));
        await workspace.SendAsync(Words.Prompt("FIRST", "SECOND"), Cancelled);

        Assert.Equal("Bearer mol-key-of-the-manager", workspace.Vendor.Turns[^1].Header("authorization"));
        Assert.Equal("mol-key-of-the-manager", await File.ReadAllTextAsync(Path.Combine(workspace.Folder("configs"), SecretsFolder.Name, Key), Cancelled));
        Assert.DoesNotContain("mol-key", workspace.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_reader_s_policy_missing_the_workspace_stands_there_says_why_and_serves_once_it_is_back()
    {
        await _account.ChangeAsync(new EmulatedRoleChange(_role.Name, Policy: ""));

        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);

        Assert.Equal("not_configured", Status(workspace.Registration));
        Assert.Contains("AccessDeniedException", (string?)workspace.Registration["agent_card"]!["configuration_error"], StringComparison.Ordinal);
        var refused = await workspace.CallAsync("message/send", Message("hello"), Cancelled);
        Assert.Contains("the secrets cannot be read", refused["error"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(workspace.Vendor.Requests);

        await _role.MakeAsync();
        await ServesAsync(workspace, "Bearer mol-key-of-the-manager");
    }

    [Fact]
    public async Task A_manager_that_is_down_at_the_start_is_asked_ever_more_slowly_and_the_process_stays()
    {
        await _account.SetDownAsync(true);
        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);
        var process = workspace.Program.Key;

        Assert.Contains("cannot be reached", (string?)workspace.Registration["agent_card"]!["configuration_error"], StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => workspace.Program.Output.Contains("tried again in 4 s", StringComparison.Ordinal), Deadline, "a third try, 4 s after the second");
        Assert.Contains("tried again in 1 s", workspace.Program.Output, StringComparison.Ordinal);
        Assert.Contains("tried again in 2 s", workspace.Program.Output, StringComparison.Ordinal);

        await _account.SetDownAsync(false);
        await ServesAsync(workspace, "Bearer mol-key-of-the-manager");
        Assert.Equal(process, workspace.Program.Key);
    }

    [Fact]
    public async Task A_rotated_secret_is_picked_up_while_the_workspace_runs_also_after_its_session_has_ended()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);
        await workspace.SendAsync(Words.Prompt("FIRST", "SECOND"), Cancelled);

        await _account.ChangeAsync(new EmulatedRoleChange(_role.Name, ExpireSessions: true));
        await WriteAsync("mol-key-after-rotation");

        await ServesAsync(workspace, "Bearer mol-key-after-rotation");
        Assert.Contains(await _account.TrailAsync(), static c => c is { Action: "secretsmanager:GetSecretValue", Error: "ExpiredTokenException" });
        Assert.Equal("mol-key-after-rotation", await File.ReadAllTextAsync(Path.Combine(workspace.Folder("configs"), SecretsFolder.Name, Key), Cancelled));
    }

    [Fact]
    public async Task A_revoked_secret_ends_the_agent_takes_the_file_away_and_says_so()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);
        await workspace.SendAsync(Words.Prompt("FIRST", "SECOND"), Cancelled);
        var seen = workspace.Vendor.Requests.Count;

        await Manager().DeleteAsync(Writer, _role.Secret(Key), Cancelled);

        await Eventually.HoldsAsync(() => workspace.Program.Output.Contains("a secret is not there any more", StringComparison.Ordinal), Deadline, "the workspace to notice that its secret was revoked");
        var refused = await workspace.CallAsync("message/send", Message("hello"), Cancelled);
        Assert.Contains("a secret is not there any more", refused["error"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(seen, workspace.Vendor.Requests.Count);
        Assert.False(File.Exists(Path.Combine(workspace.Folder("configs"), SecretsFolder.Name, Key)));
    }

    [Fact]
    public async Task A_manager_that_goes_down_later_leaves_the_agent_what_it_has()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Environment, Cancelled);

        await _account.SetDownAsync(true);
        await Eventually.HoldsAsync(() => workspace.Program.Output.Contains("could not be read anew", StringComparison.Ordinal), Deadline, "a look for changed secrets that failed");

        await workspace.SendAsync(Words.Prompt("FIRST", "SECOND"), Cancelled);
        Assert.Equal("Bearer mol-key-of-the-manager", workspace.Vendor.Turns[^1].Header("authorization"));
    }

    [Fact]
    public async Task A_workspace_s_session_can_neither_write_nor_delete_what_it_reads()
    {
        var session = await _role.AssumeAsync(EmulatedAccount.Reader);
        var credentials = new AwsCredentials(session.Id, session.Secret, session.Token);

        Assert.Equal("AccessDeniedException", (await Assert.ThrowsAsync<AwsException>(() => Manager().WriteAsync(credentials, _role.Secret(Key), "forged", Cancelled))).Code);
        Assert.Equal("AccessDeniedException", (await Assert.ThrowsAsync<AwsException>(() => Manager().DeleteAsync(credentials, _role.Secret(Key), Cancelled))).Code);
        Assert.Equal("mol-key-of-the-manager", (await Manager().ReadAsync(credentials, _role.Secret(Key), Cancelled)).Value);
    }

    private static AwsCredentials Writer => new(EmulatedAccount.Writer.Id, EmulatedAccount.Writer.Secret);

    private SecretsManager Manager() => new(new AwsEndpoint(_http, "us-east-1", _account.Address, TimeProvider.System));

    private Task<string> WriteAsync(string value) => Manager().WriteAsync(Writer, _role.Secret(Key), value, Cancelled);

    private Dictionary<string, string> Environment(string origin) => new()
    {
        ["MOLECULE_RUNTIME"] = "codex",
        ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
        ["MOLECULE_MODEL"] = "gpt-5.5",
        ["MOLECULE_SECRETS_REFRESH_SECONDS"] = "2",
        ["OPENAI_BASE_URL"] = origin + "/a03/v1",
        [SecretsGrant.Variable] = new SecretsGrant(
            "us-east-1", _account.Address.AbsoluteUri, EmulatedAccount.Reader.Id, EmulatedAccount.Reader.Secret, $"arn:aws:iam::123456789012:role/molecule/{_role.Name}", _role.ExternalId,
            ImmutableSortedDictionary<string, string>.Empty.Add(Key, _role.Secret(Key))).ToText(),
    };

    private static string? Status(JsonObject registration) => (string?)registration["agent_card"]!["configuration_status"];

    private static JsonObject Message(string text) => new()
    {
        ["message"] = new JsonObject { ["role"] = "user", ["messageId"] = "m1", ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }) },
    };

    // Turns are what shows it: one is asked for until one is paid with the credential.
    private static async Task ServesAsync(RunningWorkspace workspace, string authorization)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            var answer = await workspace.CallAsync("message/send", Message(Words.Prompt("FIRST", "SECOND")), deadline.Token);
            if (answer["result"] is JsonObject result && workspace.Vendor.Turns is { Count: > 0 } turns && turns[^1].Header("authorization") == authorization)
            {
                Assert.Contains("SECOND-FIRST", RunningWorkspace.TextOf(result), StringComparison.Ordinal);
                return;
            }
        }
    }
}
