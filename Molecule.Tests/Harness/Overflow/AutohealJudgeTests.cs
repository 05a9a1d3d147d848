using System.Net;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Lanes;
using Molecule.Harness.Overflow;

namespace Molecule.Tests.Harness.Overflow;

public sealed class AutohealJudgeTests
{
    private const string Kimi = "Agent error (invalid_request): API Error: 400 Invalid request: Your request exceeded model token limit: 262144 (requested: 268132)";

    private static readonly AutohealTurns _good = new(
        Begun: Answered("BEGUN", rows: 0, input: 4_000),
        Fills: [Answered("PART", rows: 0, input: 13_000), Answered("FULL", rows: 0, input: 210_000)],
        Wedged: Refused("WEDGED", rows: 0),
        Still: Refused("STILL", rows: 0),
        Healed: Answered("HEALED", rows: 1, input: 70_000),
        Next: Answered("NEXT", rows: 1, input: 70_100),
        TooLong: Refused("ALONE", rows: 2) is var alone ? alone with { Reply = alone.Reply with { Text = $"{Kimi}. send a shorter one." } } : null,
        Last: Answered("LAST", rows: 2, input: 4_000));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_walk_that_was_wedged_and_healed_has_no_problem(bool isLive) => Assert.Empty(AutohealJudge.Problems(_good, isLive));

    [Fact]
    public void Nor_has_one_whose_vendor_takes_no_message_that_is_too_long_by_itself() =>
        Assert.Empty(AutohealJudge.Problems(_good with { TooLong = null, Last = _good.Last with { RowsAfter = 1 } }, isLive: true));

    // The incident with a switch that does nothing: nothing gets through any more.
    [Fact]
    public void A_switch_that_does_nothing_is_red() => Assert.Equal(
        [
            "the turn with the switch on was not answered", "the turn after the healed one was not answered", "the last turn was not answered",
            "after the turn with the switch on there are 0 rows of a healing, not 1", "after the turn after the healed one there are 0 rows of a healing, not 1",
            "after the last turn there are 0 rows of a healing, not 1",
            "the healed turn had  tokens and the filled one 210000: the old conversation was in it",
        ],
        AutohealJudge.Problems(
            _good with { Healed = Refused("HEALED", rows: 0), Next = Refused("NEXT", rows: 0), TooLong = null, Last = Refused("LAST", rows: 0) },
            isLive: true));

    // And one that cannot be switched off, or an agent that makes room by itself.
    [Fact]
    public void One_that_is_not_wedged_without_the_switch_is_red() =>
        Assert.Contains("the turn that did not fit was not refused for its length", AutohealJudge.Problems(_good with { Wedged = Answered("WEDGED", rows: 0, input: 60_000) }, isLive: true));

    public static TheoryData<string, AutohealTurns> Bad => new()
    {
        { "after the turn after the one that did not fit the workspace is offline, not online", _good with { Still = _good.Still with { StatusAfter = "offline" } } },
        { "a turn that fills the window was not answered", _good with { Fills = [_good.Fills[0], _good.Filled with { Reply = Reply("hello", 210_000) }] } },
        { "the first turn was not answered", _good with { Begun = _good.Begun with { Reply = _good.Begun.Reply with { Error = "lost" } } } },
        { "the turn that did not fit was not refused for its length", _good with { Wedged = _good.Wedged with { Reply = Reply("Rate limit reached: maximum context length is 9 tokens per min", null) } } },
        { "the turn that did not fit was not refused for its length", _good with { Wedged = _good.Wedged with { Reply = Reply("Overloaded", null) } } },
        { "after the turn that did not fit there are 1 rows of a healing, not 0", _good with { Wedged = _good.Wedged with { RowsAfter = 1 } } },
        { "after the turn with the switch on there are 2 rows of a healing, not 1", _good with { Healed = _good.Healed with { RowsAfter = 2 } } },
        { "the turn after the healed one took 61 s", _good with { Next = _good.Next with { Reply = _good.Next.Reply with { Elapsed = TimeSpan.FromSeconds(61) } } } },
        { "the turn that is too long by itself took 61 s", _good with { TooLong = _good.TooLong! with { Reply = _good.TooLong.Reply with { Elapsed = TimeSpan.FromSeconds(61) } } } },
        { "the message that is too long by itself was not told to be shorter", _good with { TooLong = _good.TooLong! with { Reply = Reply(Kimi, null) } } },
        { "the healed turn had 210000 tokens and the filled one 210000: the old conversation was in it", _good with { Healed = Answered("HEALED", rows: 1, input: 210_000) } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_went_wrong_is_named(string problem, AutohealTurns walk) => Assert.Contains(problem, AutohealJudge.Problems(walk, isLive: true));

    // A fake's journal tells more than a runtime's report, which may be of several requests.
    [Fact]
    public void What_the_healed_turn_carried_is_not_judged_by_a_report_where_a_journal_tells_it() =>
        Assert.Empty(AutohealJudge.Problems(_good with { Healed = Answered("HEALED", rows: 1, input: 210_000) }, isLive: false));

    private static LaneTurn Answered(string name, int rows, long input) => Turn(name, rows, Reply($"{name}2-{name}1", input));

    private static LaneTurn Refused(string name, int rows) => Turn(name, rows, Reply(Kimi, null));

    private static LaneTurn Turn(string name, int rows, TurnReply reply) => new(
        new WordPair($"{name}1", $"{name}2"), $"{name}2-{name}1", reply, null, new ActivityRow("1", "a2a_receive", "message/send", "ok", null, "", ""))
    {
        StatusAfter = "online",
        RowsAfter = rows,
    };

    private static TurnReply Reply(string text, long? input) => new(HttpStatusCode.OK, text, null, input is { } tokens ? new TokenCount(tokens, 4) : null, TimeSpan.FromSeconds(1));
}
