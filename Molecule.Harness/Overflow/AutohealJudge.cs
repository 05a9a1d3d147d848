using System.Collections.Immutable;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Overflow;

/// <summary>What is to be seen of a conversation that outgrew its model, whoever its vendor is (spec/runtimes-and-providers.md 2.1, 5.2). Pure.</summary>
public static class AutohealJudge
{
    private static readonly TimeSpan _prompt = TimeSpan.FromSeconds(60);

    /// <summary>All that is not as it has to be.</summary>
    /// <param name="walk">The turns.</param>
    /// <param name="isLive">Whether no journal tells what the healed turn carried: then what its runtime reported does.</param>
    public static ImmutableArray<string> Problems(AutohealTurns walk, bool isLive)
    {
        ArgumentNullException.ThrowIfNull(walk);
        return
        [
            .. walk.All.Where(static turn => turn.StatusAfter != "online").Select(turn => $"after {Name(turn)} the workspace is {turn.StatusAfter}, not online"),
            .. walk.Served.Where(static turn => !IsAnswered(turn)).Select(turn => $"{Name(turn)} was not answered"),
            .. walk.Refused.Where(static turn => IsAnswered(turn) || !LengthRefusal.IsToldBy(turn.Reply)).Select(turn => $"{Name(turn)} was not refused for its length"),
            .. Rows(),
            .. Slow(walk.Next), .. walk.TooLong is { } tooLong ? Slow(tooLong) : [],
            .. walk.TooLong is { } alone && alone.Reply.Text?.Contains("send a shorter one", StringComparison.Ordinal) is not true
                ? (string[])["the message that is too long by itself was not told to be shorter"] : [],
            .. isLive && walk.Healed.Reply.Tokens is var healed && walk.Filled.Reply.Tokens is var filled && !(healed?.Input < filled?.Input)
                ? (string[])[$"the healed turn had {healed?.Input} tokens and the filled one {filled?.Input}: the old conversation was in it"] : [],
        ];

        // A row for each time that the workspace began anew: when it heals, and when it meets a message that is too long by itself.
        IEnumerable<string> Rows()
        {
            var rows = 0;
            foreach (var turn in walk.All)
            {
                rows += turn == walk.Healed || turn == walk.TooLong ? 1 : 0;
                if (turn.RowsAfter != rows)
                {
                    yield return $"after {Name(turn)} there are {turn.RowsAfter} rows of a healing, not {rows}";
                }
            }
        }

        IEnumerable<string> Slow(LaneTurn turn) => turn.Reply.Elapsed < _prompt ? [] : [$"{Name(turn)} took {turn.Reply.Elapsed.TotalSeconds:0} s"];

        string Name(LaneTurn turn) =>
            turn == walk.Begun ? "the first turn"
            : turn == walk.Wedged ? "the turn that did not fit"
            : turn == walk.Still ? "the turn after the one that did not fit"
            : turn == walk.Healed ? "the turn with the switch on"
            : turn == walk.Next ? "the turn after the healed one"
            : turn == walk.TooLong ? "the turn that is too long by itself"
            : turn == walk.Last ? "the last turn"
            : "a turn that fills the window";
    }

    private static bool IsAnswered(LaneTurn turn) => turn.Reply is { Error: null, Text: { } text } && text.Contains(turn.Right, StringComparison.Ordinal);
}
