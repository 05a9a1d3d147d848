using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.Integrity;

/// <summary>What ran, and who is answerable for a request, by what was seen and not by anybody's word.</summary>
public sealed class AttestationTests
{
    private static readonly LockedEngine _locked = new("codex", "0.169.0", "node_modules/codex", "aa");
    private const string Workspace = "ws-1";

    private static readonly EngineAttestation _attestation = new([_locked], static _ => null);

    [Fact]
    public void The_locked_binary_that_names_its_version_is_real() =>
        Assert.Equal((new EngineIdentity("codex", "0.169.0", EngineKind.Real), null), _attestation.Judge("codex", Workspace, [Entry(1), Entry(2)]));

    [Fact]
    public void A_stub_in_the_place_of_the_locked_binary_is_not_real()
    {
        var (engine, doubt) = _attestation.Judge("codex", Workspace, [Entry(1), Entry(2) with { Peer = new PeerIdentity(9, 9, "/tmp/x/codex", "bb", null) }]);

        Assert.Null(engine);
        Assert.Equal("request 2 came from codex (bb), locked is aa", doubt);
    }

    [Fact]
    public async Task A_stub_is_known_by_its_process_whatever_it_calls_itself()
    {
        // This process is the stub: it sends what the locked codex would, over a real connection to the real fakes.
        await using var fakes = new RunningFakes();
        await fakes.InitializeAsync();
        await fakes.AcceptAsync("openai-api", "mol-stub");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a03/v1/responses") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("User-Agent", "codex_molecule/0.169.0 (stub)");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer mol-stub");
        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var entry = Assert.Single(await fakes.JournalOfAsync("mol-stub"));
        Assert.NotNull(entry.Peer);

        var asItIs = _attestation.Judge("codex", Workspace, [entry]);
        var asLocked = new EngineAttestation([_locked with { Sha256 = entry.Peer.Sha256 }], static _ => null).Judge("codex", Workspace, [entry]);

        Assert.Null(asItIs.Engine);
        Assert.StartsWith($"request {entry.Sequence} came from {Path.GetFileName(entry.Peer.Executable)}", asItIs.Doubt, StringComparison.Ordinal);
        Assert.Equal(EngineKind.Real, asLocked.Engine?.Kind);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("codex_molecule/0.168.0 (x)")]
    public void A_binary_that_does_not_name_the_locked_version_is_not_real(string? agent)
    {
        var (engine, doubt) = _attestation.Judge("codex", Workspace, [Entry(1) with { UserAgent = agent }]);

        Assert.Null(engine);
        Assert.Equal($"request 1 has the user-agent '{agent}', which does not name version 0.169.0", doubt);
    }

    [Fact]
    public void A_request_whose_process_cannot_be_told_is_not_real() =>
        Assert.Equal("request 1 has no attested process", _attestation.Judge("codex", Workspace, [Entry(1) with { Peer = null }]).Doubt);

    [Fact]
    public void An_answer_for_which_nobody_asked_attests_nothing() =>
        Assert.Equal("no request of the turn came from the agent", _attestation.Judge("codex", Workspace, []).Doubt);

    [Fact]
    public void An_engine_that_is_not_locked_attests_nothing() =>
        Assert.Equal("neither an engines.json nor this build has an engine 'hermes'", _attestation.Judge("hermes", Workspace, [Entry(1)]).Doubt);

    [Fact]
    public void Entries_that_one_cell_each_has_claimed_are_in_order_however_often_it_claims_them()
    {
        var claims = new JournalClaims();
        claims.Claim("codex/openai-api", [Entry(1), Entry(2)]);
        claims.Claim("codex/openai-api", [Entry(2)]);
        claims.Claim("codex/platform", [Entry(3)]);

        Assert.Empty(claims.Problems([Entry(1), Entry(2), Entry(3)]));
    }

    [Fact]
    public void An_entry_that_nobody_claimed_is_named()
    {
        var claims = new JournalClaims();
        claims.Claim("codex/openai-api", [Entry(1)]);

        Assert.Equal(
            ["request 2 to openai-api: POST /v1/responses (404, no mapping; credential cc, process 7 of no workspace, at 00:00:00.000) belongs to no cell"],
            claims.Problems([Entry(1), Entry(2) with { Status = 404, Problem = "no mapping" }]));
    }

    [Fact]
    public void An_entry_that_two_cells_claim_is_named_with_both()
    {
        var claims = new JournalClaims();
        claims.Claim("codex/openai-api", [Entry(1)]);
        claims.Claim("codex/platform", [Entry(1)]);

        Assert.Equal(["request 1 to openai-api: POST /v1/responses (200; credential cc, process 7 of no workspace, at 00:00:00.000) is claimed by codex/openai-api and by codex/platform"], claims.Problems([Entry(1)]));
    }

    private static JournalEntry Entry(long sequence) => new(
        sequence, DateTimeOffset.UnixEpoch, "openai-api", "POST", "/v1/responses", "", CredentialForm.Bearer, "cc", "gpt-5.5", true, 200,
        "codex_molecule/0.169.0 (Debian)", "words", "answer", null, new PeerIdentity(7, 7, "/cache/codex", "aa", null), null);
}
