using System.Net;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Molecule.Processes;
using Molecule.Workspace.Agents;

namespace Molecule.Tests.Workspace;

/// <summary>
/// What the contract of all runtimes asks, of openclaw: on one gateway, because a boot costs ten CPU-seconds and a gigabyte
/// (docs/decisions/0010). Each test leaves the workspace as it would find it.
/// </summary>
[UnsupportedOSPlatform("windows")]
[Collection(OpenClawWorkspaceTests.OneGatewayAtATime)]
public sealed class OpenClawWorkspaceTests(OpenClawWorkspaceTests.SharedGateway shared) : IClassFixture<OpenClawWorkspaceTests.SharedGateway>
{
    /// <summary>The collection of the tests that boot one.</summary>
    public const string OneGatewayAtATime = "one openclaw gateway at a time";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private RunningWorkspace Workspace => shared.Workspace;

    internal static Dictionary<string, string> Configured(string origin) => new()
    {
        ["MOLECULE_RUNTIME"] = "openclaw",
        ["MOLECULE_RESOLVED_PROVIDER"] = "groq",
        ["MOLECULE_MODEL"] = "groq:llama-3.3-70b-versatile",
        ["GROQ_API_KEY"] = "mol-key-1",
        ["GROQ_BASE_URL"] = origin + "/a13/openai/v1",
        ["MOLECULE_LLM_USAGE_TOKEN"] = "platform-secret",
        ["MY_OWN_SECRET"] = "mine",
    };

    [Fact]
    public void It_asks_the_vendor_once_whether_the_key_is_good_before_it_is_ready()
    {
        Assert.Equal("ready", (string?)shared.FirstRegistration["agent_card"]?["configuration_status"]);
        var probe = Assert.Single(shared.AtBoot);
        Assert.Equal(("POST", "/a13/openai/v1/chat/completions", "Bearer mol-key-1"), (probe.Method, probe.Path, probe.Header("authorization")));
        Assert.Equal((1, "llama-3.3-70b-versatile"), ((int?)probe.Body?["max_tokens"], probe.Model));
        Assert.StartsWith("claude-cli/", probe.Header("user-agent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_serves_turns_of_one_conversation_with_the_arms_key_and_no_other_request()
    {
        var before = Workspace.Vendor.Requests.Count;

        var first = await Workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        var second = await Workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled);

        Assert.Equal("MIRELO-KAVODU", RunningWorkspace.TextOf(first));
        Assert.Equal("TELUNO-SOPIRA", RunningWorkspace.TextOf(second));
        Assert.Equal((11, 3), ((int?)first["usage"]?["input_tokens"], (int?)first["usage"]?["output_tokens"]));
        var requests = Workspace.Vendor.Requests.Skip(before).ToList();
        Assert.Equal(2, requests.Count);
        Assert.All(requests, static r => Assert.Equal(
            ("POST", "/a13/openai/v1/chat/completions", "Bearer mol-key-1", "llama-3.3-70b-versatile"), (r.Method, r.Path, r.Header("authorization"), r.Model)));
        Assert.Contains("KAVODU", requests[1].Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_agent_gets_the_users_secrets_and_none_of_the_machinery()
    {
        await Workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        var agent = Workspace.Agent();

        Assert.Equal("run-under-test", ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_RUN"));
        Assert.Equal("ws-under-test", ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_WORKSPACE"));
        Assert.Equal("mine", ProcessTable.EnvironmentVariable(agent.Id, "MY_OWN_SECRET"));
        Assert.Null(ProcessTable.EnvironmentVariable(agent.Id, "MOLECULE_LLM_USAGE_TOKEN"));
        Assert.Null(ProcessTable.EnvironmentVariable(agent.Id, "GROQ_API_KEY"));
        Assert.DoesNotContain("mol-key-1", await File.ReadAllTextAsync(Path.Combine(Workspace.Folder("home"), ".openclaw", "openclaw.json"), Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_runs_a_turn_is_attested_as_the_locked_program() =>
        await RuntimeContract.AssertAttestedAsync(Workspace, "openclaw", "openclaw 2026.9.6 (real)");

    [Fact]
    public async Task The_answers_first_piece_is_there_before_the_vendor_has_sent_the_last()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Workspace.Vendor.BeforePiece = (piece, gone) => piece is 2 ? first.Task.WaitAsync(Deadline, gone) : Task.CompletedTask;
        var pieces = new List<string>();

        await foreach (var e in Workspace.StreamAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled))
        {
            if ((string?)e["kind"] is "artifact-update")
            {
                pieces.Add((string)e["artifact"]!["parts"]![0]!["text"]!);
                first.TrySetResult();
            }
        }

        Workspace.Vendor.BeforePiece = null;
        Assert.Equal("MIRELO-KAVODU", string.Concat(pieces));
        Assert.True(pieces.Count > 1, "The answer came in one piece.");
    }

    [Fact]
    public async Task A_cancelled_turn_ends_in_the_gateway_which_goes_on()
    {
        await Workspace.SendAsync(Words.Prompt("BAVUNE", "DORIMA"), Cancelled);
        var program = Workspace.Agent();
        var aborted = Workspace.Vendor.HangAfterTheFirstPiece();
        await foreach (var e in Workspace.StreamAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled))
        {
            if ((string?)e["kind"] is "artifact-update")
            {
                // Hanging up cancels a streamed turn.
                break;
            }
        }

        await aborted.WaitAsync(Deadline, Cancelled);
        Workspace.Vendor.BeforePiece = null;
        Assert.Equal("TELUNO-SOPIRA", RunningWorkspace.TextOf(await Workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)));
        Assert.Contains("KAVODU", Workspace.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(program, Workspace.Agent());
    }

    [Fact]
    public async Task The_transcript_holds_what_was_said_a_json_object_a_line()
    {
        await Workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);

        var (status, body) = await Workspace.TranscriptAsync("", PlatformStandIn.Token, Cancelled);

        Assert.Equal((HttpStatusCode.OK, "openclaw"), (status, (string?)body["runtime"]));
        var lines = body["lines"]!.AsArray().Select(static l => (string)l!).ToList();
        Assert.Contains(lines, static line => line.Contains("MIRELO-KAVODU", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.NotNull(JsonLine.Read(line)));
    }

    [Fact]
    public async Task Stopped_in_a_turn_it_stops_in_time_leaves_nothing_and_goes_on_with_its_conversation_when_it_starts_again()
    {
        await Workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        var family = ProcessTable.Descendants(ProcessTable.Read(), Workspace.Program.Key.Id);
        var reached = Workspace.Vendor.Hang();
        var cut = Workspace.CallRawAsync(Words.Prompt("BAVUNE", "DORIMA"), Cancelled);
        await reached.WaitAsync(Deadline, Cancelled);

        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await Workspace.Program.StopAsync());
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await cut);
        Assert.True(took < TimeSpan.FromSeconds(5), $"The stop took {took.TotalSeconds:0.0} s.");
        Assert.DoesNotContain(family, static row => ProcessTable.IsRunning(row.Key));

        Workspace.Vendor.Instead = null;
        await Workspace.StartAgainAsync(Cancelled);
        Assert.Equal("TELUNO-SOPIRA", RunningWorkspace.TextOf(await Workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled)));
        Assert.Contains("KAVODU", Workspace.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StatusCodes.Status401Unauthorized)]
    [InlineData(StatusCodes.Status403Forbidden)]
    public async Task A_key_that_the_vendor_refuses_at_boot_is_a_setup_error_and_starts_no_gateway(int status)
    {
        await using var vendor = await VendorStandIn.StartAsync();
        vendor.Instead = context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        await using var workspace = await RunningWorkspace.StartAsync(_ => Configured(vendor.Origin), Cancelled);

        Assert.Equal("not_configured", (string?)workspace.Registration["agent_card"]?["configuration_status"]);
        var answer = await workspace.CallAsync("message/send", new JsonObject { ["message"] = new JsonObject { ["parts"] = new JsonArray() } }, Cancelled);
        Assert.Equal((-32603, "agent not configured"), ((int?)answer["error"]?["code"], (string?)answer["error"]?["message"]));
        Assert.Contains($"refused the key with {status}", (string?)answer["error"]?["data"], StringComparison.Ordinal);
        Assert.Single(vendor.Requests);
        Assert.Empty(ProcessTable.Descendants(ProcessTable.Read(), workspace.Program.Key.Id));
    }

    [Fact]
    public async Task Without_its_credential_it_says_what_is_missing_and_asks_nobody()
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            static origin =>
            {
                var environment = Configured(origin);
                environment.Remove("GROQ_API_KEY");
                return environment;
            },
            Cancelled);

        Assert.Contains("GROQ_API_KEY is missing", (string?)workspace.Registration["agent_card"]?["configuration_error"], StringComparison.Ordinal);
        Assert.Empty(workspace.Vendor.Requests);
    }

    /// <summary>The gateway that the tests share: one boot, and one more for the test that starts it again.</summary>
    public sealed class SharedGateway : IAsyncLifetime
    {
        private RunningWorkspace? _workspace;

        public RunningWorkspace Workspace => _workspace ?? throw new InvalidOperationException("The gateway has not started.");

        public JsonObject FirstRegistration { get; private set; } = null!;

        public IReadOnlyList<VendorRequest> AtBoot { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            _workspace = await RunningWorkspace.StartAsync(Configured, CancellationToken.None);
            FirstRegistration = Workspace.Registration;
            AtBoot = Workspace.Vendor.Requests;
        }

        public ValueTask DisposeAsync() => _workspace?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
