using Molecule.Node.Desktops;

namespace Molecule.Tests.Desktop;

/// <summary>Which display numbers a desktop tries.</summary>
public sealed class DisplayNumbersTests
{
    [Fact]
    public void A_path_has_the_same_numbers_every_time_each_once_and_all_in_range()
    {
        var numbers = DisplayNumbers.Of("/node/d1.sock").ToArray();

        Assert.Equal(numbers, DisplayNumbers.Of("/node/d1.sock"));
        Assert.Equal(59_000, numbers.Distinct().Count());
        Assert.Equal((100, 59_099), (numbers.Min(), numbers.Max()));
    }

    [Fact]
    public void A_hundred_desktops_of_a_node_begin_at_as_many_numbers() =>
        Assert.Equal(100, Enumerable.Range(1, 100).Select(static i => DisplayNumbers.Of($"/var/lib/molecule/d{i}.sock").First()).Distinct().Count());
}
