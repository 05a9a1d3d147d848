using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.Hermes;

namespace Molecule.Tests.Workspace;

/// <summary>The adapter of hermes, driving the stand-in: hermes-agent itself cannot be installed here (docs/decisions).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HermesWorkspaceTests : RuntimeContract
{
    private const string UserAgent = "hermes-emulated/0.1.0";

    protected override string Credential => "OPENAI_API_KEY";

    protected override string ErrorPrefix => "[hermes-agent ";

    // spec/runtimes-and-providers.md 3.2
    protected override string RefusedKey =>
        """{"error":{"message":"Incorrect API key provided: mol-key-1","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""";

    protected override int RequestsOfARefusedKey => 1;

    protected override Dictionary<string, string> Configured(string origin) => new()
    {
        ["MOLECULE_RUNTIME"] = "hermes",
        ["MOLECULE_RESOLVED_PROVIDER"] = "byok-openai",
        ["MOLECULE_MODEL"] = "openai/gpt-4o",
        ["OPENAI_API_KEY"] = "mol-key-1",
        ["OPENAI_BASE_URL"] = origin + "/a11/v1",
    };

    protected override void AssertRouted(VendorRequest turn)
    {
        Assert.Equal("/a11/v1/chat/completions", turn.Path);
        Assert.Equal("gpt-4o", turn.Model);
        Assert.Equal("Bearer mol-key-1", turn.Header("authorization"));
        Assert.Equal(UserAgent, turn.Header("user-agent"));
    }

    protected override IAgent Create(string manifest, AgentFolders folders, ImmutableDictionary<string, string> environment, TimeProvider time) => new HermesAgent(
        HermesSource.Find(environment.SetItem("MOLECULE_ENGINES", manifest)),
        HermesSetup.For("byok-openai", "openai/gpt-4o", environment),
        folders,
        environment,
        TurnLimits.Hermes with { Turn = TimeSpan.FromDays(40) },
        time,
        new OwnChildren(),
        NullLogger<HermesAgent>.Instance);

    [Fact]
    public async Task The_kimi_arm_speaks_messages_with_its_key_and_the_bare_model()
    {
        var turn = await ServeAsync(
            static origin => Arm("kimi-coding", "kimi-coding/kimi-k2", ("KIMI_API_KEY", "mol-key-5"), ("KIMI_BASE_URL", origin + "/a05/coding/v1")),
            "/a05/coding/v1/messages",
            "kimi-k2");

        Assert.Equal("mol-key-5", turn.Header("x-api-key"));
        Assert.Equal("", turn.Header("authorization"));
        Assert.Equal("2023-06-01", turn.Header("anthropic-version"));
        Assert.Equal("enabled", (string?)turn.Body!["thinking"]?["type"]);
        Assert.Equal(UserAgent, turn.Header("x-msh-platform"));
        Assert.Equal(UserAgent, turn.Header("user-agent"));
    }

    [Fact]
    public async Task The_platform_arm_sends_the_usage_token_and_the_whole_model()
    {
        var turn = await ServeAsync(
            static origin => Arm(
                "platform",
                "minimax/MiniMax-M2.7",
                ("MOLECULE_LLM_USAGE_TOKEN", "usage-1"),
                ("MOLECULE_LLM_BASE_URL", origin + "/api/v1/internal/llm/openai/v1"),
                ("OPENAI_API_KEY", "usage-1"),
                ("OPENAI_BASE_URL", origin + "/api/v1/internal/llm/openai/v1")),
            "/api/v1/internal/llm/openai/v1/chat/completions",
            "minimax/MiniMax-M2.7");

        Assert.Equal("Bearer usage-1", turn.Header("authorization"));
    }

    [Fact]
    public async Task The_anthropic_arm_speaks_messages_with_its_key()
    {
        var turn = await ServeAsync(
            static origin => Arm("byok-anthropic", "anthropic/claude-sonnet-4-6", ("ANTHROPIC_API_KEY", "mol-key-10"), ("ANTHROPIC_BASE_URL", origin + "/a10")),
            "/a10/v1/messages",
            "claude-sonnet-4-6");

        Assert.Equal("mol-key-10", turn.Header("x-api-key"));
        Assert.Equal("", turn.Header("authorization"));
        Assert.Null(turn.Body!["thinking"]);
        Assert.Equal("", turn.Header("x-msh-platform"));
    }

    [Theory]
    [InlineData("minimax:MiniMax-M2.7")]
    [InlineData("minimax/MiniMax-M2.7")]
    public async Task The_minimax_arm_is_bridged_to_chat_completions(string model)
    {
        var turn = await ServeAsync(
            origin => Arm("byok-minimax", model, ("MINIMAX_API_KEY", "mol-key-7"), ("MINIMAX_BASE_URL", origin + "/a07/v1")),
            "/a07/v1/chat/completions",
            "MiniMax-M2.7");

        Assert.Equal("Bearer mol-key-7", turn.Header("authorization"));
    }

    [Fact]
    public async Task The_gemini_arm_calls_the_openai_compatible_surface()
    {
        var turn = await ServeAsync(
            static origin => Arm("byok-gemini", "gemini/gemini-2.5-pro", ("GEMINI_API_KEY", "mol-key-12"), ("GEMINI_BASE_URL", origin + "/a12/v1beta/openai")),
            "/a12/v1beta/openai/chat/completions",
            "gemini-2.5-pro");

        Assert.Equal("Bearer mol-key-12", turn.Header("authorization"));
        Assert.Equal("", turn.Header("x-goog-api-key"));
    }

    // Issues #1714, #1772, #1987 of the product: a model that names no vendor went to Anthropic. HermesEmulatedTests shows the trap itself.
    [Theory]
    [InlineData("gpt-4o", "'gpt-4o'")]
    [InlineData("", "No model is set")]
    [InlineData("anthropic/claude-sonnet-4-6", "'anthropic/claude-sonnet-4-6'")]
    public async Task A_model_that_is_not_the_arms_reaches_no_vendor_at_all(string model, string named)
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            origin => new(Configured(origin)) { ["MOLECULE_MODEL"] = model, ["ANTHROPIC_API_KEY"] = "mol-wrong", ["ANTHROPIC_BASE_URL"] = origin + "/a01" },
            Cancelled);

        var answer = await workspace.CallAsync(
            "message/send",
            new JsonObject { ["message"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = Words.Prompt("KAVODU", "MIRELO") }) } },
            Cancelled);

        Assert.Equal(-32603, (int?)answer["error"]?["code"]);
        Assert.Contains(named, (string?)answer["error"]?["data"], StringComparison.Ordinal);
        Assert.Contains("MOLECULE_MODEL", (string?)answer["error"]?["data"], StringComparison.Ordinal);
        Assert.Empty(workspace.Vendor.Requests);
    }

    [Fact]
    public async Task Its_state_lies_with_the_configuration_for_its_owner_alone()
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);

        await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);

        var kept = Path.Combine(workspace.Folder("configs"), ".hermes");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(kept, "config.yaml")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(kept, ".env")));
        Assert.Contains(Directory.EnumerateFiles(Path.Combine(kept, "sessions")), static f => File.ReadAllText(f).Contains("MIRELO-KAVODU", StringComparison.Ordinal));
        Assert.Equal(kept, new DirectoryInfo(Path.Combine(workspace.Folder("home"), ".hermes")).LinkTarget);
    }

    [Fact]
    public async Task A_server_that_runs_already_is_driven_and_left_running()
    {
        await using var bench = await HermesServer.StartAsync(static origin => $$$"""
            {"model":{"default":"gpt-4o","provider":"custom","base_url":"{{{origin}}}/a11/v1","api_key":"mol-theirs"}}
            """);
        await using (var workspace = await RunningWorkspace.StartAsync(
            origin => new(Configured(origin))
            {
                ["Molecule__Runtimes__hermes__Url"] = bench.Address.ToString(),
                ["Molecule__Runtimes__hermes__Key"] = bench.Key,
            },
            Cancelled))
        {
            var reply = await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);

            Assert.Equal("MIRELO-KAVODU", RunningWorkspace.TextOf(reply));
            Assert.Empty(workspace.Vendor.Requests);
            Assert.Equal("Bearer mol-theirs", Assert.Single(bench.Vendor.Turns).Header("authorization"));
        }

        Assert.True(ProcessTable.IsRunning(bench.Program.Key));
    }

    [Fact]
    public async Task A_hermes_on_the_path_goes_before_the_stand_in_and_is_not_called_emulated()
    {
        using var folder = new TemporaryFolder("molecule-hermes-");
        var installed = Path.Combine(folder.Path, "hermes");
        File.CreateSymbolicLink(installed, EngineLookup.Find("hermes", await InstalledEngines.ManifestAsync("hermes")).Path);
        var environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/nowhere:" + folder.Path).Add("MOLECULE_ENGINES", await InstalledEngines.ManifestAsync("hermes"));

        Assert.Equal((installed, "hermes"), (HermesSource.Find(environment).Program, HermesSource.Find(environment).Engine));
        Assert.Equal("hermes 0.1.0 (emulated)", HermesSource.Find(environment.SetItem("PATH", "/nowhere")).Engine);
        Assert.Contains("'/no/such'", Assert.Throws<AgentSetupException>(() => HermesSource.Find(environment.Add("Molecule__Runtimes__hermes__Command", "/no/such"))).Message, StringComparison.Ordinal);
        Assert.Contains("hermes__Key", Assert.Throws<AgentSetupException>(() => HermesSource.Find(environment.Add("Molecule__Runtimes__hermes__Url", "http://h"))).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Arm(string provider, string model, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var environment = new Dictionary<string, string> { ["MOLECULE_RUNTIME"] = "hermes", ["MOLECULE_RESOLVED_PROVIDER"] = provider, ["MOLECULE_MODEL"] = model };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        return environment;
    }
}
