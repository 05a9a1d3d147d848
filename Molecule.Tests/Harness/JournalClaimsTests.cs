using Molecule.Contracts.Journal;
using Molecule.Harness.Journals;

namespace Molecule.Tests.Harness;

/// <summary>Which requests of the fakes' journal fail a run because they belong to nobody.</summary>
public sealed class JournalClaimsTests
{
    private readonly JournalClaims _claims = new();

    [Fact]
    public void A_request_that_nobody_claimed_is_a_problem() =>
        Assert.Equal("request 7 to openai-subscription: GET /models (200; credential lane, peer unknown, at 00:00:00.000) belongs to no cell", Assert.Single(_claims.Problems([Entry(7, "lane", 200)])));

    [Fact]
    public void A_claimed_one_is_none()
    {
        _claims.Claim("codex/openai-api", [Entry(7, "lane", 200)]);

        Assert.Empty(_claims.Problems([Entry(7, "lane", 200)]));
    }

    [Fact]
    public void One_that_an_ended_agent_had_begun_and_nobody_answered_is_none()
    {
        _claims.Ended(static entry => entry.Credential == "lane");

        Assert.Empty(_claims.Problems([Entry(7, "lane", 0)]));
    }

    [Theory]
    [InlineData("lane", 200)]
    [InlineData("another", 0)]
    public void One_that_was_answered_after_the_end_or_is_anothers_stays_a_problem(string credential, int status)
    {
        _claims.Ended(static entry => entry.Credential == "lane");

        Assert.Single(_claims.Problems([Entry(7, credential, status)]));
    }

    private static JournalEntry Entry(long sequence, string credential, int status) => new(
        sequence, DateTimeOffset.UnixEpoch, "openai-subscription", "GET", "/models", "", CredentialForm.Bearer, credential, Model: null, Stream: false, status,
        UserAgent: null, Prompt: null, Answer: null, Tokens: null, Peer: null, Problem: null);
}
