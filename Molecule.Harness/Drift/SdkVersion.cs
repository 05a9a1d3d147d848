using System.Reflection;

namespace Molecule.Harness.Drift;

/// <summary>The version of the package that a type is of, as its assembly says it.</summary>
internal static class SdkVersion
{
    public static string Of(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? type.Assembly.GetName().Version!.ToString();
}
