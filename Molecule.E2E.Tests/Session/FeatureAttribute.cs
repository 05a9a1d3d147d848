namespace Molecule.E2E.Tests.Session;

/// <summary>Names the feature that a test class proves; its rows are that feature's cells.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FeatureAttribute(string feature) : Attribute
{
    public string Feature { get; } = feature;
}
