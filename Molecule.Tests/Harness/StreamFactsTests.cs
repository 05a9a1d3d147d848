using Molecule.Harness.Lanes;

namespace Molecule.Tests.Harness;

/// <summary>Whether an answer came as it was written.</summary>
public sealed class StreamFactsTests
{
    [Theory]
    [InlineData(true, new[] { 0.0, 0.9, 1.8, 3.0 })]
    [InlineData(true, new[] { 0.0, 1.1, 4.0 })]

    // All at once, the beginning let through and the rest kept, the end alone kept back.
    [InlineData(false, new[] { 0.0, 0.0, 0.0 })]
    [InlineData(false, new[] { 0.0, 3.9, 4.0 })]
    [InlineData(false, new[] { 0.0, 0.1, 4.0 })]
    [InlineData(false, new[] { 0.0 })]
    public void An_answer_came_all_along_where_pieces_came_in_the_middle_of_its_time(bool came, double[] seconds)
    {
        var facts = new StreamFacts([.. seconds.Select(static _ => "piece")], 0, [.. seconds.Select(TimeSpan.FromSeconds)], []);

        Assert.Equal((came, TimeSpan.FromSeconds(seconds[^1])), (facts.CameAllAlong, facts.Spread));
    }
}
