namespace Molecule.Harness.Lanes;

/// <summary>A lane is one workspace of one runtime and arm; its cells are turns told apart by their words (design.md 4).</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Arm">The arm.</param>
/// <param name="IsLive">Whether its requests go to the vendor, and not to our fakes.</param>
public sealed record LaneKey(string Runtime, string Arm, bool IsLive = false)
{
    public override string ToString() => IsLive ? $"{Runtime}/{Arm}@live" : $"{Runtime}/{Arm}";
}
