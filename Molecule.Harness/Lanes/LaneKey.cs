namespace Molecule.Harness.Lanes;

/// <summary>A lane is one workspace of one runtime and arm; its cells are turns told apart by their words (design.md 4).</summary>
public sealed record LaneKey(string Runtime, string Arm)
{
    public override string ToString() => $"{Runtime}/{Arm}";
}
