using Molecule.Harness.Egress;
using Molecule.Harness.Lanes;

namespace Molecule.Tests.Harness.Egress;

public sealed class EgressJudgeTests
{
    private static readonly EgressJudge _judge = new(
        new Dictionary<string, LaneKey> { ["w-1"] = new("codex", "openai-api"), ["w-2"] = new("openclaw", "groq") },
        [new ToleratedLookUp("openclaw", "plugins.example", "asked for at boot")]);

    [Fact]
    public void A_program_in_a_lane_that_dials_is_red_by_process_host_and_lane()
    {
        EgressAttempt curl = Attempt("telemetry.example", 443, "w-1", "curl");

        Assert.Equal("codex/openai-api: curl (pid 4711, /usr/bin/curl) dialled telemetry.example:443", Assert.Single(_judge.RedOf("codex", [curl])));
        Assert.Empty(_judge.RedOf("openclaw", [curl]));
        Assert.Empty(_judge.RedOfTheGraph([curl]));
    }

    [Fact]
    public void A_look_up_alone_is_red() =>
        Assert.Equal("codex/openai-api: codex (pid 4711, /usr/bin/codex) looked up telemetry.example", Assert.Single(_judge.RedOf("codex", [Attempt("telemetry.example", null, "w-1", "codex")])));

    [Fact]
    public void The_control_is_nobodys_egress()
    {
        EgressAttempt[] control = [Attempt("egress-control.molecule.invalid", null, "w-1", "codex"), Attempt("egress-control.molecule.invalid", 443, "w-1", "codex")];

        Assert.Empty(_judge.RedOf("codex", [.. control]));
        Assert.Empty(_judge.RedOfTheGraph([.. control]));
    }

    [Fact]
    public void A_look_up_that_is_written_down_is_shown_with_its_reason_and_to_dial_the_same_host_is_red()
    {
        var asked = Attempt("Plugins.example", null, "w-2", "node");
        var dialled = Attempt("plugins.example", 443, "w-2", "node");

        Assert.Empty(_judge.RedOf("openclaw", [asked]));
        Assert.Equal("looked up plugins.example (asked for at boot)", Assert.Single(_judge.ToleratedOf("openclaw", [asked, asked])));
        Assert.Equal("openclaw/groq: node (pid 4711, /usr/bin/node) dialled plugins.example:443", Assert.Single(_judge.RedOf("openclaw", [asked, dialled])));
    }

    [Fact]
    public void What_is_written_down_for_one_runtime_is_red_of_another() =>
        Assert.Single(_judge.RedOf("codex", [Attempt("plugins.example", null, "w-1", "codex")]));

    [Theory]
    [InlineData(null, "Molecule.ControlPlane (pid 4711, /usr/bin/Molecule.ControlPlane) dialled otel.example:443")]
    [InlineData("w-9", "workspace w-9, which is no lane's: Molecule.ControlPlane (pid 4711, /usr/bin/Molecule.ControlPlane) dialled otel.example:443")]
    public void What_no_lane_did_is_the_graphs(string? workspace, string text) =>
        Assert.Equal(text, Assert.Single(_judge.RedOfTheGraph([Attempt("otel.example", 443, workspace, "Molecule.ControlPlane")])));

    private static EgressAttempt Attempt(string host, int? port, string? workspace, string process) =>
        new(DateTimeOffset.UnixEpoch, host, port, process, 4711, $"/usr/bin/{process}", workspace);
}
