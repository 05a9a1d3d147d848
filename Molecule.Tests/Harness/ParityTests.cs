using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Harness.Parity;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness;

/// <summary>Two runs of one cell are told apart by what they did, and by nothing else.</summary>
public sealed class ParityTests
{
    private static readonly CellId _mock = CellId.Parse("codex/openai-api/serving@mock");
    private static readonly CellId _live = CellId.Parse("codex/openai-api/serving@live");

    private static readonly Transcript _one = new(
        "codex 0.169.0 (real)", ReachedMode.Mock, [new TranscriptTurn("B-A", "message/send ok", [], HasUsage: true)],
        [new TranscriptRequest(Hop.Direct, "POST", "/v1/responses", CredentialForm.Bearer, "gpt-5.5", 200)], "online");

    private static readonly Transcript _sameLive = _one with { Reached = ReachedMode.Live, Requests = null };

    [Fact]
    public void A_live_cell_that_looks_like_its_mock_is_the_same_and_says_what_was_not_compared() =>
        Assert.Equal(
            [
                "codex/openai-api/serving (mock | live): same",
                "  requests: not compared, no fake of ours sees those of a live cell",
                "1 same, 0 different",
            ],
            Lines((_mock, _one), (_live, _sameLive)));

    [Fact]
    public void Each_difference_is_named()
    {
        var other = _sameLive with { Engine = null, Status = "degraded", Turns = [new TranscriptTurn("B-A.", "message/send ok", [], HasUsage: false)] };

        Assert.Equal(
            [
                "codex/openai-api/serving (mock | live): DIFFERENT",
                "  engine: codex 0.169.0 (real) | none",
                "  workspace afterwards: online | degraded",
                "  turn 1: 'B-A' (message/send ok; no events; usage) | 'B-A.' (message/send ok; no events; no usage)",
                "  requests: not compared, no fake of ours sees those of a live cell",
                "0 same, 1 different",
            ],
            Lines((_mock, _one), (_live, other)));
    }

    [Fact]
    public void Requests_of_two_mock_runs_are_compared()
    {
        var other = _one with { Requests = [new TranscriptRequest(Hop.Direct, "POST", "/v1/responses", CredentialForm.Bearer, "gpt-5.4", 200)] };

        Assert.Contains("  request 1: Direct POST /v1/responses Bearer gpt-5.5 200 | Direct POST /v1/responses Bearer gpt-5.4 200", Lines((_mock, _one), (_mock, other)));
    }

    [Fact]
    public void A_cell_that_one_run_lacks_is_different() =>
        Assert.Contains("  only the left run holds it", ParityReport.Lines(ParityReport.Compare(Of((_mock, _one)), Of())));

    [Fact]
    public void A_run_of_both_modes_is_held_against_itself()
    {
        var both = Of((_mock, _one), (_live, _sameLive with { Engine = "other" }));

        Assert.Contains("  engine: codex 0.169.0 (real) | other", ParityReport.Lines(ParityReport.Compare(both, both)));
    }

    [Fact]
    public void What_is_kept_beside_a_ledger_is_read_back()
    {
        using var folder = new TemporaryFolder("molecule-parity-");
        var ledger = Path.Combine(folder.Path, "ledger.jsonl");
        File.WriteAllText(ledger, "");
        var kept = TranscriptFolder.Beside(ledger);

        kept.Put(_mock, _one);
        kept.Put(_live, _sameLive);

        var read = kept.Read();
        Assert.Equal([_live, _mock], read.Keys.OrderBy(static id => id.ToString(), StringComparer.Ordinal));
        Assert.All(ParityReport.Compare(read, Of((_mock, _one))), static cell => Assert.Empty(cell.Differences));
        Assert.Null(read[_live].Requests);
    }

    private static ImmutableArray<string> Lines((CellId, Transcript) left, (CellId, Transcript) right) => [.. ParityReport.Lines(ParityReport.Compare(Of(left), Of(right)))];

    private static Dictionary<CellId, Transcript> Of(params ReadOnlySpan<(CellId Id, Transcript Transcript)> cells)
    {
        var found = new Dictionary<CellId, Transcript>();
        foreach (var (id, transcript) in cells)
        {
            found.Add(id, transcript);
        }

        return found;
    }
}
