using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Molecule.Processes;
using Molecule.Workspace.Agents;

namespace Molecule.Tests.Workspace;

/// <summary>What holds of every runtime, each driving its real CLI (spec/runtimes-and-providers.md 1).</summary>
[UnsupportedOSPlatform("windows")]
public abstract partial class RuntimeContract
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(45);

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The runtime on one of its arms, complete.</summary>
    protected abstract Dictionary<string, string> Configured(string origin);

    /// <summary>The variable that holds the credential of that arm.</summary>
    protected abstract string Credential { get; }

    /// <summary>That a turn on that arm came as its vendor wants it: path, form of the credential, model.</summary>
    protected abstract void AssertRouted(VendorRequest turn);

    /// <summary>The runtime's agent, without a workspace around it.</summary>
    protected abstract IAgent Create(string manifest, AgentFolders folders, ImmutableDictionary<string, string> environment, TimeProvider time);

    /// <summary>How its error texts begin.</summary>
    protected abstract string ErrorPrefix { get; }

    /// <summary>The vendor's answer to an invalid key (spec 3.1, 3.2).</summary>
    protected abstract string RefusedKey { get; }

    /// <summary>How many requests an invalid key costs, the program's own retries included.</summary>
    protected abstract int RequestsOfARefusedKey { get; }

    [Fact]
    public async Task A_workspace_registers_beats_and_serves_turns_of_one_conversation()
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            origin => new(Configured(origin)) { ["MOLECULE_LLM_USAGE_TOKEN"] = "platform-secret", ["MY_OWN_SECRET"] = "mine" },
            Cancelled);

        Assert.Equal("ws-under-test", (string?)workspace.Registration["id"]);
        Assert.Matches(@"^http://localhost:\d+$", (string?)workspace.Registration["url"]);
        Assert.Equal("ready", (string?)workspace.Registration["agent_card"]?["configuration_status"]);
        var (beat, authorization) = await workspace.Platform.NextHeartbeatAsync(Cancelled);
        Assert.Equal("ws-under-test", (string?)beat["workspace_id"]);
        Assert.Equal($"Bearer {PlatformStandIn.Token}", authorization);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(workspace.Folder("configs"), ".auth_token")));

        var first = await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        Assert.Contains("MIRELO-KAVODU", RunningWorkspace.TextOf(first), StringComparison.Ordinal);
        Assert.Equal((11, 3), ((int?)first["usage"]?["input_tokens"], (int?)first["usage"]?["output_tokens"]));
        var second = await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled);
        Assert.Contains("TELUNO-SOPIRA", RunningWorkspace.TextOf(second), StringComparison.Ordinal);
        Assert.Equal(2, workspace.Vendor.Turns.Count);
        Assert.All(workspace.Vendor.Turns, AssertRouted);
        Assert.Contains("KAVODU", workspace.Vendor.Turns[1].Body!.ToJsonString(), StringComparison.Ordinal);

        var agent = workspace.Agent();
        Assert.Equal("run-under-test", ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_RUN"));
        Assert.Equal("ws-under-test", ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_WORKSPACE"));
        Assert.Equal("mine", ProcessTable.EnvironmentVariable(agent.Id, "MY_OWN_SECRET"));
        Assert.Null(ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_LLM_USAGE_TOKEN"));
        Assert.Null(ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_ENGINES"));

        Assert.Equal(0, await workspace.Program.StopAsync());
        Assert.False(ProcessTable.IsRunning(agent));
    }

    [Fact]
    public async Task An_agent_that_falls_silent_is_replaced_when_the_limit_is_over()
    {
        using var home = new TemporaryFolder("molecule-agent-");
        await using var vendor = await VendorStandIn.StartAsync();
        var time = new FakeTimeProvider();
        var environment = RunningProgram.BareEnvironment(home.Path).Concat(Configured(vendor.Origin)).ToImmutableDictionary();
        await using var agent = Create(await InstalledEngines.ManifestAsync(environment["MOLECULE_RUNTIME"]), new AgentFolders(home.Path, home.Path), environment, time);
        await agent.StartAsync(Cancelled);
        var reached = vendor.Hang();
        var turn = agent.RunTurnAsync(Words.Prompt("KAVODU", "MIRELO"), static _ => { }, Cancelled);
        await reached.WaitAsync(Deadline, Cancelled);
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(5));
                return turn.IsCompleted;
            },
            Deadline,
            "the silent turn has ended");

        Assert.StartsWith(ErrorPrefix, (await turn).Text, StringComparison.Ordinal);
        vendor.Instead = null;
        Assert.Equal("TELUNO-SOPIRA", (await agent.RunTurnAsync(Words.Prompt("SOPIRA", "TELUNO"), static _ => { }, Cancelled)).Text);
    }

    [Fact]
    public async Task Without_its_credential_it_says_what_is_missing_and_stays_up()
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            origin =>
            {
                var environment = Configured(origin);
                environment.Remove(Credential);
                return environment;
            },
            Cancelled);

        Assert.Equal("not_configured", (string?)workspace.Registration["agent_card"]?["configuration_status"]);
        Assert.Contains(Credential, (string?)workspace.Registration["agent_card"]?["configuration_error"], StringComparison.Ordinal);
        var answer = await workspace.CallAsync("message/send", new JsonObject { ["message"] = new JsonObject { ["parts"] = new JsonArray() } }, Cancelled);
        Assert.Equal(-32603, (int?)answer["error"]?["code"]);
        Assert.Equal("agent not configured", (string?)answer["error"]?["message"]);
        Assert.Contains(Credential, (string?)answer["error"]?["data"], StringComparison.Ordinal);
        using var http = new HttpClient();
        Assert.Contains("run-under-test", await http.GetStringAsync(new Uri(workspace.Url, "/health"), Cancelled), StringComparison.Ordinal);
        Assert.Empty(workspace.Vendor.Requests);
    }

    [Fact]
    public async Task A_refused_key_comes_back_as_the_runtimes_error_text_after_bounded_retries()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        workspace.Vendor.Instead = async context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(RefusedKey);
            return true;
        };

        var reply = RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled));

        Assert.StartsWith(ErrorPrefix, reply, StringComparison.Ordinal);
        Assert.DoesNotContain("mol-key-1", reply, StringComparison.Ordinal);
        Assert.Equal(RequestsOfARefusedKey, workspace.Vendor.Turns.Count);

        workspace.Vendor.Instead = null;
        Assert.Contains("TELUNO-SOPIRA", RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_dies_in_a_turn_fails_that_turn_alone()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        var agent = workspace.Agent();
        var reached = workspace.Vendor.Hang();

        var turn = workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        await reached.WaitAsync(Deadline, Cancelled);
        ProcessTable.Kill(agent);

        Assert.StartsWith(ErrorPrefix, RunningWorkspace.TextOf(await turn), StringComparison.Ordinal);
        workspace.Vendor.Instead = null;
        Assert.Contains("TELUNO-SOPIRA", RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)), StringComparison.Ordinal);
        Assert.NotEqual(agent, workspace.Agent());
    }

    [Fact]
    public async Task The_agent_ends_with_a_workspace_that_is_killed()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        var agent = workspace.Agent();

        ProcessTable.Kill(workspace.Program.Key);

        await Eventually.HoldsAsync(() => !ProcessTable.IsRunning(agent), TimeSpan.FromSeconds(10), "the agent program has ended");
    }

    /// <summary>A turn on an arm: known answer, one request of the right form, and no other request than those named.</summary>
    protected async Task<VendorRequest> ServeAsync(Func<string, Dictionary<string, string>> environment, string path, string wireModel, params string[] background)
    {
        await using var workspace = await RunningWorkspace.StartAsync(environment, Cancelled);

        var reply = RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled));

        TestContext.Current.SendDiagnosticMessage("{0}", string.Join(Environment.NewLine, workspace.Vendor.Requests));
        Assert.True(reply.Contains("MIRELO-KAVODU", StringComparison.Ordinal), $"Reply: {reply}\n{workspace.Program.Output}");
        var turn = Assert.Single(workspace.Vendor.Turns);
        Assert.Equal(path, turn.Path);
        Assert.Equal(wireModel, turn.Model);
        Assert.Equal(background.Order(), workspace.Vendor.Requests.Except(workspace.Vendor.Turns).Select(static r => $"{r.Method} {r.Path}").Distinct().Order());
        return turn;
    }
}
