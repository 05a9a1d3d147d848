using System.Globalization;

namespace Molecule.Harness.Runs;

/// <summary>Names runs so that they sort by time: <c>20261122-214511-3fa9c1</c>.</summary>
public static class RunId
{
    public static string Fresh(TimeProvider clock, Random random)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(random);
        return string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyyMMdd-HHmmss}-{random.Next(0x1000000):x6}");
    }
}
