using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Overflow;
using Molecule.Harness.Spend;

namespace Molecule.Tests.Harness.Overflow;

/// <summary>A real window is filled below what agents compact at, overflowed by one message, and never for more than was bound.</summary>
public sealed class WindowFillTests
{
    // Tokens, as the vendors say (prices.yaml), by characters a token that tokenizers make of English text, and the tokens that an agent's own instructions take.
    public static MatrixTheoryData<long, double, long> Windows => new([128_000, 200_000, 262_144, 272_000, 1_048_576], [3.8, 4.2, 4.6, 5], [40, 35_000]);

    [Theory]
    [MemberData(nameof(Windows))]
    public void One_message_overflows_what_was_filled_and_fits_by_itself(long window, double perToken, long held)
    {
        var fill = new WindowFill(window);

        var parts = fill.Fills(held, perToken);
        var filled = held + (long)(parts.Sum() / perToken);
        var overflow = fill.Overflow(filled, perToken);

        Assert.InRange(parts.Count, 1, fill.MostParts);
        Assert.All([.. parts, overflow], static characters => Assert.InRange(characters, 1, WindowFill.LongestMessage));
        Assert.InRange(filled, 0.79 * window, 0.9 * window);
        Assert.InRange(filled + (overflow / perToken), 1.02 * window, 1.06 * window);
        Assert.True(held + (overflow / perToken) < 0.6 * window, "the healed turn would not fit");
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void What_it_uses_is_no_more_than_what_is_bound_for_it(long window, double perToken, long held)
    {
        var (fill, script) = (new WindowFill(window), new AutohealScript("autoheal", [], window));
        var parts = fill.Fills(held, perToken);
        var (used, conversation) = (held, held + (long)(WindowFill.Sample / perToken));
        used += conversation;
        foreach (var part in parts)
        {
            conversation += (long)(part / perToken);
            used += conversation;
        }

        // Healed, next and last; what was refused is not paid for.
        var healed = held + (long)(fill.Overflow(conversation, perToken) / perToken);
        used += healed + healed + held;

        Assert.True(used < SpendLimits.Read(static _ => null).Of(script.ServedTurns, script.InputBesides).Input, $"{used}");
    }

    [Theory]
    [InlineData(200_000, 4.5, 945_000)]
    [InlineData(272_000, 4.6, null)]
    public void A_message_that_is_too_long_by_itself_is_sent_only_where_one_can_be(long window, double perToken, int? characters) =>
        Assert.Equal(characters, new WindowFill(window).Alone(perToken));

    [Fact]
    public void A_token_is_measured_by_what_the_runtime_reported() => Assert.Equal(4, WindowFill.Measure(5_000, 15_000, 40_000));

    [Theory]
    [InlineData(5_000, 5_000)]
    [InlineData(5_000, 7_000)]
    [InlineData(5_000, 60_000)]
    public void A_runtime_whose_report_cannot_be_is_not_filled_by_it(long before, long after) => Assert.StartsWith(
        $"The runtime reported {before} tokens of input before 40000 more characters and {after} after them",
        Assert.Throws<LaneException>(() => WindowFill.Measure(before, after, 40_000)).Message,
        StringComparison.Ordinal);
}
