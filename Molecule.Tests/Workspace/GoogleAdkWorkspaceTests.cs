using System.Collections.Immutable;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.GoogleAdk;

namespace Molecule.Tests.Workspace;

[UnsupportedOSPlatform("windows")]
public sealed class GoogleAdkWorkspaceTests : RuntimeContract
{
    protected override string Credential => "GEMINI_API_KEY";

    protected override string ErrorPrefix => "[A2A_ERROR] google-adk runtime error: ";

    // Gemini answers 400 to a bad key (spec 3.5).
    protected override string RefusedKey =>
        """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key. mol-key-1","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}""";

    protected override int RequestsOfARefusedKey => 1;

    protected override Dictionary<string, string> Configured(string origin) => new()
    {
        ["MOLECULE_RUNTIME"] = "google-adk",
        ["MOLECULE_RESOLVED_PROVIDER"] = "google",
        ["MOLECULE_MODEL"] = "google_genai:gemini-2.5-flash",
        ["GEMINI_API_KEY"] = "mol-key-1",
        ["GOOGLE_GEMINI_BASE_URL"] = origin + "/a09",
    };

    protected override void AssertRouted(VendorRequest turn)
    {
        Assert.Equal("/a09/v1beta/models/gemini-2.5-flash:streamGenerateContent", turn.Path);
        Assert.Equal("mol-key-1", turn.Header("x-goog-api-key"));
        Assert.Equal("", turn.Header("authorization"));
    }

    protected override IAgent Create(string manifest, AgentFolders folders, ImmutableDictionary<string, string> environment, TimeProvider time) => new GoogleAdkAgent(
        EngineLookup.Find("google-adk", manifest),
        GoogleAdkSetup.For("google", "google_genai:gemini-2.5-flash", environment),
        folders,
        environment,
        TurnLimits.GoogleAdk with { Turn = TimeSpan.FromDays(40) },
        time,
        new OwnChildren(),
        NullLogger<GoogleAdkAgent>.Instance);

    [Theory]
    [InlineData("platform", "platform:gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("vertex", "vertex:gemini-2.5-pro", "gemini-2.5-pro")]
    public async Task The_platforms_arms_send_the_usage_token_the_workspace_and_no_google_credential(string provider, string model, string wireModel)
    {
        var turn = await ServeAsync(
            origin => new()
            {
                ["MOLECULE_RUNTIME"] = "google-adk",
                ["MOLECULE_RESOLVED_PROVIDER"] = provider,
                ["MOLECULE_MODEL"] = model,
                ["MOLECULE_LLM_BASE_URL"] = origin + "/api/v1/internal/llm/openai/v1",
                ["MOLECULE_LLM_USAGE_TOKEN"] = "usage-1",
                ["GEMINI_API_KEY"] = "mol-key-of-another-arm",
            },
            "/api/v1/internal/llm/openai/v1/chat/completions",
            wireModel);

        Assert.Equal("Bearer usage-1", turn.Header("authorization"));
        Assert.Equal("ws-under-test", turn.Header("x-molecule-workspace-id"));
        Assert.Equal("", turn.Header("x-goog-api-key"));
        Assert.True((bool?)turn.Body?["stream"]);
    }

    [Fact]
    public async Task A_platforms_answer_that_breaks_off_is_an_error_and_the_next_turn_is_fine()
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            static origin => new()
            {
                ["MOLECULE_RUNTIME"] = "google-adk",
                ["MOLECULE_RESOLVED_PROVIDER"] = "platform",
                ["MOLECULE_MODEL"] = "platform:gemini-2.5-flash",
                ["MOLECULE_LLM_BASE_URL"] = origin + "/v1",
                ["MOLECULE_LLM_USAGE_TOKEN"] = "usage-1",
            },
            Cancelled);
        workspace.Vendor.Instead = static async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync("""data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"MIRE"},"finish_reason":null}]}"""u8.ToArray());
            await context.Response.Body.WriteAsync("\n\n"u8.ToArray());
            return true;
        };

        var broken = RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled));
        workspace.Vendor.Instead = null;
        var next = RunningWorkspace.TextOf(await workspace.SendAsync(Words.Prompt("SOPIRA", "TELUNO"), Cancelled));

        Assert.Equal(ErrorPrefix + "the stream ended before the answer did", broken);
        Assert.Contains("TELUNO-SOPIRA", next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_runs_a_turn_is_attested_as_the_locked_program() => await AssertAttestedAsync("google-adk", "google-adk 2.0.0 (real)");

    [Theory]
    [InlineData("one line\nand another", "one line")]
    [InlineData("\n  led by white space", "led by white space")]
    public void An_error_text_is_the_messages_first_line(string message, string line) => Assert.Equal(ErrorPrefix + line, GoogleAdkAgent.ErrorText(message));

    [Fact]
    public void An_error_text_is_cut_to_300_characters() =>
        Assert.Equal(ErrorPrefix + new string('x', 300), GoogleAdkAgent.ErrorText(new string('x', 301)));

    [Theory]
    [InlineData("groq", "gemini-2.5-pro", "MOLECULE_RESOLVED_PROVIDER has to be google, vertex or platform")]
    [InlineData(null, "vertex:gemini-2.5-pro", "MOLECULE_LLM_BASE_URL or OPENAI_BASE_URL is missing")]
    [InlineData(null, "gemini-2.5-pro", "GEMINI_API_KEY or GOOGLE_API_KEY is missing")]
    [InlineData("google", null, "set MOLECULE_MODEL")]
    public void A_setup_that_cannot_work_says_what_to_set(string? provider, string? model, string said) =>
        Assert.Contains(said, Assert.Throws<AgentSetupException>(() => GoogleAdkSetup.For(provider, model, ImmutableDictionary<string, string>.Empty)).Message, StringComparison.Ordinal);
}
