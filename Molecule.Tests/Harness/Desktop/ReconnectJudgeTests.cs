using Molecule.Harness.Desktop;

namespace Molecule.Tests.Harness.Desktop;

public sealed class ReconnectJudgeTests
{
    private static readonly ReconnectShown _well = new(ColoursBefore: 2, WhileDropped: 409, Refused: null, ColoursAfter: 3, Typed: "A-42", Right: "A-42");

    [Fact]
    public void Who_comes_back_with_control_to_the_same_session_is_well()
    {
        Assert.Empty(ReconnectJudge.Problems(_well));
    }

    [Fact]
    public void The_incident_is_red_with_its_reasons()
    {
        Assert.Equal(
            [
                "control was lost with the connection: another who asked for it meanwhile was answered 200 instead of 409",
                "the session was not come back to: 403",
                "what was typed did not arrive in the same session: '' instead of 'A-42'",
            ],
            ReconnectJudge.Problems(_well with { WhileDropped = 200, Refused = "403", ColoursAfter = 0, Typed = null }));
    }

    public static TheoryData<ReconnectShown, string> Faults => new()
    {
        { _well with { ColoursBefore = 1 }, "no picture was seen before the drop: 1 colour(s)" },
        { _well with { ColoursAfter = 1 }, "no picture was seen after the drop: 1 colour(s)" },
        { _well with { Typed = "-42" }, "what was typed did not arrive in the same session: '-42' instead of 'A-42'" },
        { _well with { WhileDropped = 503 }, "control was lost with the connection: another who asked for it meanwhile was answered 503 instead of 409" },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Each_thing_that_is_wrong_is_red_alone(ReconnectShown shown, string problem)
    {
        Assert.Equal([problem], ReconnectJudge.Problems(shown));
    }

    [Fact]
    public void A_machine_has_the_capability_when_it_has_every_program()
    {
        var there = new HashSet<string> { "/bin/Xvnc", "/bin/xterm", "/bin/chromium" };

        Assert.Equal(["desktop"], DesktopCapability.Of("/usr/bin:/bin", there.Contains));
        Assert.All(there, program => Assert.Empty(DesktopCapability.Of("/usr/bin:/bin", path => path != program && there.Contains(path))));
    }
}
