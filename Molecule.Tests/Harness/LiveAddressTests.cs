using System.Net;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Harness.Engines;
using Molecule.Harness.Live;

namespace Molecule.Tests.Harness;

/// <summary>Whose endpoint an address is, and which program ran, with no fake of ours to see it.</summary>
public sealed class LiveAddressTests
{
    private static readonly Uri _fakes = new("http://127.0.0.1:4321");
    private static readonly LiveArm _arm = LiveArms.Find("openai-api")!;

    [Theory]
    [InlineData(null, "104.18.0.1", ReachedMode.Live)]
    [InlineData("https://api.openai.com/v1", "104.18.0.1", ReachedMode.Live)]
    [InlineData("http://api.openai.com/v1", "104.18.0.1", ReachedMode.LiveStandIn)]
    [InlineData("https://api.openai.com:8443/v1", "104.18.0.1", ReachedMode.LiveStandIn)]
    [InlineData("https://gateway.example/v1", "203.0.113.1", ReachedMode.LiveStandIn)]
    [InlineData("http://127.0.0.1:9999/v1", "127.0.0.1", ReachedMode.LiveStandIn)]
    [InlineData("http://127.0.0.1:4321/a03/v1", "127.0.0.1", ReachedMode.Mock)]
    [InlineData("http://localhost:4321/a03/v1", "::1", ReachedMode.Mock)]
    [InlineData("http://127.9.9.9:4321/a03/v1", "127.9.9.9", ReachedMode.Mock)]
    [InlineData("http://fakes.example:4321/a03/v1", "127.0.0.1", ReachedMode.Mock)]
    public void An_address_says_whose_it_is(string? given, string resolved, ReachedMode expected) =>
        Assert.Equal(expected, LiveAddress.Of(_arm, given is null ? null : new Uri(given), _fakes, _ => [IPAddress.Parse(resolved)]));

    [Fact]
    public void A_vendor_whose_name_this_machine_takes_for_its_own_is_a_stand_in() =>
        Assert.Equal(ReachedMode.LiveStandIn, LiveAddress.Of(_arm, null, _fakes, static _ => [IPAddress.Loopback]));

    [Fact]
    public void An_override_that_is_no_address_is_refused_by_the_name_of_its_variable() =>
        Assert.Equal(
            "MOLECULE_LIVE_URL_BYOK_MINIMAX must be an http or https address, not 'nowhere'",
            Assert.Throws<RunRequestException>(() => LiveArms.OverrideOf("byok-minimax", name => name == "MOLECULE_LIVE_URL_BYOK_MINIMAX" ? "nowhere" : null)).Message);

    [Fact]
    public void A_workspace_in_which_the_locked_program_was_seen_ran_the_real_agent()
    {
        var engines = new EngineAttestation([new LockedEngine("codex", "0.169.0", "codex", "c0de")], static _ => null);

        Assert.Equal(EngineKind.Real, engines.JudgeProcesses("codex", "ws-1", [Seen("dotnet", "d0d0"), Seen("codex", "c0de")]).Engine?.Kind);
        var (stub, doubt) = engines.JudgeProcesses("codex", "ws-1", [Seen("dotnet", "d0d0"), Seen("codex", "bad0")]);
        Assert.Null(stub);
        Assert.Equal("none of the processes of the workspace is a locked codex: dotnet (d0d0), codex (bad0)", doubt);
    }

    private static PeerIdentity Seen(string program, string sha256) => new(7, 7, $"/cache/{program}", sha256, "w1");
}
