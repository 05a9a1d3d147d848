using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Boot;

namespace Molecule.Tests.Workspace;

/// <summary>What a workspace keeps over a soft restart, and what it makes of a file that is not what it wrote.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AgentSnapshotTests : IDisposable
{
    private readonly ScriptedPlatform _workspace = new("MOLECULE_RUNTIME=codex", "OPENAI_API_KEY=mol-key-1234");
    private readonly RecordingLogger<AgentSnapshot> _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_workspace.Settings.ConfigFolder, ".agent_snapshot.json");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task What_was_written_is_read_again_for_the_owners_eyes_only_and_without_secrets()
    {
        await Snapshot().WriteAsync("0199-abc", "Use mol-key-1234 \"now\"", Cancelled);

        Assert.Equal("0199-abc", await Snapshot().ReadSessionAsync(Cancelled));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal("""Use [masked] "now" """.Trim(), (string?)JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File, Cancelled))!["interrupted_task"]);
        Assert.Equal([".agent_snapshot.json", ".auth_token"], Directory.GetFiles(_workspace.Settings.ConfigFolder).Select(Path.GetFileName).Order());
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task Without_a_snapshot_there_is_nothing_to_warn_of()
    {
        Assert.Null(await Snapshot().ReadSessionAsync(Cancelled));
        Assert.Empty(_log.Entries);
    }

    [Theory]
    [InlineData("", "no JSON object")]
    [InlineData("""{"version":1,"runtime":"codex","ses""", "no JSON object")]
    [InlineData("""{"version":1,"version":1,"runtime":"codex","session":"a"}""", "no JSON object")]
    [InlineData("[]", "no JSON object")]
    [InlineData("""{"version":"1","runtime":"codex","session":"a"}""", "version is not 1")]
    [InlineData("""{"version":2,"runtime":"codex","session":"a"}""", "version is not 1")]
    [InlineData("""{"version":1,"runtime":"claude-code","session":"a"}""", "runtime codex")]
    [InlineData("""{"version":1,"runtime":"codex"}""", "no conversation's id")]
    [InlineData("""{"version":1,"runtime":"codex","session":"--help"}""", "no conversation's id")]
    [InlineData("""{"version":1,"runtime":"codex","session":"../../*"}""", "no conversation's id")]
    public async Task A_damaged_snapshot_is_a_warning_and_no_conversation(string text, string problem)
    {
        await System.IO.File.WriteAllTextAsync(File, text, Cancelled);

        Assert.Null(await Snapshot().ReadSessionAsync(Cancelled));

        var warning = Assert.Single(_log.Entries);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains(problem, warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_written_is_a_warning()
    {
        Directory.CreateDirectory(Path.Combine(File, "in-the-way"));

        await Snapshot().WriteAsync("0199-abc", "", Cancelled);

        Assert.Equal(LogLevel.Warning, Assert.Single(_log.Entries).Level);
    }

    private AgentSnapshot Snapshot() => new(_workspace.Settings, new ErrorMask(_workspace.Settings.Environment), _workspace.Time, _log);
}
