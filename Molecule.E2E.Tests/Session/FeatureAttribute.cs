namespace Molecule.E2E.Tests.Session;

/// <summary>Names the feature that a test class proves; its rows are that feature's cells. <c>fault-*</c> names all that begin so.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FeatureAttribute(string feature) : Attribute
{
    /// <summary>Whether a feature is among those that are named.</summary>
    public bool Names(string other) => Names(feature, other);

    /// <summary>Whether a feature is among those that a name such as <c>fault-*</c> names.</summary>
    public static bool Names(string name, string feature)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(feature);
        return name.EndsWith('*') ? feature.StartsWith(name[..^1], StringComparison.Ordinal) : feature == name;
    }
}
