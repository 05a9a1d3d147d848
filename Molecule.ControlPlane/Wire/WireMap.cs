namespace Molecule.ControlPlane.Wire;

/// <summary>A reply's members. They come out in alphabetical order, as the product's maps do (spec/control-plane.md 1).</summary>
public sealed class WireMap : SortedDictionary<string, object?>
{
    public WireMap()
        : base(StringComparer.Ordinal)
    {
    }
}
