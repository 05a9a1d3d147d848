using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class ModelPatternTests
{
    [Theory]
    [InlineData("(?i)^minimax-m", "MiniMax-M2.7", true)]
    [InlineData("(?i)^minimax-m", "minimax:MiniMax-M2.7", false)]
    [InlineData("^claude", "CLAUDE-3", false)]
    [InlineData("^(sonnet|opus|haiku)$", "opus", true)]
    [InlineData("^(sonnet|opus|haiku)$", "opus-1", false)]
    [InlineData("pt-", "gpt-5.5", true)]
    public void An_expression_is_searched_for_as_RE2_would(string expression, string model, bool expected)
    {
        Assert.True(ModelPattern.TryParse(expression, out var pattern, out _));
        Assert.Equal(expected, pattern.Matches(model));
    }

    [Fact]
    public async Task An_expression_that_would_backtrack_for_ever_answers_at_once()
    {
        Assert.True(ModelPattern.TryParse("^(a+)+$", out var pattern, out _));
        var model = new string('a', 20_000) + "!";

        var matches = await Task.Run(() => pattern.Matches(model), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.False(matches);
    }
}
