namespace Molecule.HermesEmulated;

/// <summary>What this program calls itself. It says everywhere that it is not hermes-agent.</summary>
public static class Identity
{
    public static string Version { get; } = typeof(Identity).Assembly.GetName().Version!.ToString(3);

    /// <summary>The name for people: <c>hermes 0.1.0 (emulated)</c>.</summary>
    public static string Name { get; } = $"hermes {Version} (emulated)";

    /// <summary>The user-agent of every call to a model.</summary>
    public static string UserAgent { get; } = $"hermes-emulated/{Version}";
}
