using System.Collections.Immutable;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.OpenClaw;

namespace Molecule.Tests.Workspace;

/// <summary>openclaw on Kimi's coding gateway, from its start over its death and a reset to a refused key: two boots.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(OpenClawWorkspaceTests.OneGatewayAtATime)]
public sealed class OpenClawAgentTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_dies_in_a_turn_fails_that_turn_alone_and_a_reset_forgets_what_was_said()
    {
        using var home = new TemporaryFolder("molecule-agent-");
        await using var vendor = await VendorStandIn.StartAsync();
        var mark = $"ws-{Guid.NewGuid():N}";
        await using var agent = await CreateAsync(home.Path, vendor.Origin, mark);
        await agent.StartAsync(Cancelled);
        Assert.Equal("KAVODU-MIRELO", (await TurnAsync(agent, "MIRELO", "KAVODU")).Text);
        AssertRouted(vendor.Turns[^1]);
        var session = agent.Session;

        var reached = vendor.Hang();
        var turn = TurnAsync(agent, "BAVUNE", "DORIMA");
        await reached.WaitAsync(Deadline, Cancelled);
        Assert.True(ProcessTable.Kill(GatewayOf(mark)));
        var cut = await turn;
        Assert.True(cut.Failed);
        Assert.StartsWith("OpenClaw error: the gateway broke off", cut.Text, StringComparison.Ordinal);

        vendor.Instead = null;
        await agent.ResetSessionAsync(Cancelled);
        Assert.Empty(FilesWith(home.Path, "MIRELO"));
        Assert.Equal("TELUNO-SOPIRA", (await TurnAsync(agent, "SOPIRA", "TELUNO")).Text);
        Assert.NotEqual(session, agent.Session);
        Assert.DoesNotContain("MIRELO", vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);

        vendor.Instead = static async context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.ContentType = "application/json";

            // spec 3.4
            await context.Response.WriteAsync("""{"type":"error","error":{"type":"invalid_authentication_error","message":"The API Key appears to be invalid or may have expired."}}""");
            return true;
        };
        var requests = vendor.Turns.Count;
        var refused = await TurnAsync(agent, "LOMERI", "FANUTO");
        Assert.StartsWith("OpenClaw error: ", refused.Text, StringComparison.Ordinal);
        Assert.Contains("invalid", refused.Text, StringComparison.Ordinal);
        Assert.Equal(requests + 1, vendor.Turns.Count);

        await agent.DisposeAsync();
        Assert.DoesNotContain(ProcessTable.Read(), row => row.State is not 'Z' && ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Workspace) == mark);
    }

    private static void AssertRouted(VendorRequest turn)
    {
        Assert.Equal(("/a05/coding/v1/messages", "kimi-for-coding", "sk-kimi-mol-1"), (turn.Path, turn.Model, turn.Header("x-api-key")));
        Assert.Equal("", turn.Header("authorization"));
        Assert.StartsWith("claude-cli/", turn.Header("user-agent"), StringComparison.Ordinal);

        // Kimi takes only requests that think (spec 3.4).
        Assert.Contains((string?)turn.Body?["thinking"]?["type"], (string[])["enabled", "adaptive"]);
    }

    private static Task<TurnReply> TurnAsync(OpenClawAgent agent, string a, string b) => agent.RunTurnAsync(Words.Prompt(a, b), static _ => { }, Cancelled);

    private static ProcessKey GatewayOf(string mark) => ProcessTable.Read()
        .Where(row => row.State is not 'Z' && ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Workspace) == mark)
        .MinBy(static row => row.Key.StartTicks)!.Key;

    private static IEnumerable<string> FilesWith(string folder, string word) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => File.ReadAllText(file).Contains(word, StringComparison.Ordinal));

    private static async Task<OpenClawAgent> CreateAsync(string home, string origin, string mark)
    {
        var environment = RunningProgram.BareEnvironment(home)
            .Append(new("KIMI_API_KEY", "sk-kimi-mol-1"))
            .Append(new("KIMI_BASE_URL", origin + "/a05/coding"))
            .Append(new(RunEnvironment.Workspace, mark))
            .ToImmutableDictionary();
        return new OpenClawAgent(
            EngineLookup.Find("openclaw", await InstalledEngines.ManifestAsync("openclaw")),
            OpenClawSetup.For("kimi-coding", "moonshot:kimi-k2.6", environment),
            new AgentFolders(home, home),
            environment,
            TurnLimits.OpenClaw,
            TimeProvider.System,
            new OwnChildren(),
            NullLogger<OpenClawAgent>.Instance);
    }
}
