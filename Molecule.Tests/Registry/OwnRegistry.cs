using System.Collections.Immutable;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>The repository's own providers.yaml.</summary>
internal static class OwnRegistry
{
    public static readonly ImmutableHashSet<string> NoKeys = [];

    public static string Text { get; } = File.ReadAllText(Path.Combine(Root(AppContext.BaseDirectory), "providers.yaml"));

    /// <summary>Read once: fifteen expressions without backtracking take some 15 ms to build.</summary>
    public static ProviderRegistry Registry { get; } = RegistryReader.Read(Text, "providers.yaml");

    /// <summary>The name of the provider, or the wire code of the failure.</summary>
    public static string Says(Derivation derivation) => derivation switch
    {
        Derived found => found.Provider.Name,
        NotDerived none => none.Code.ToWire(),
        _ => throw new InvalidOperationException($"unknown derivation {derivation}"),
    };

    private static string Root(string folder) =>
        File.Exists(Path.Combine(folder, "Molecule.sln"))
            ? folder
            : Root(Path.GetDirectoryName(folder) ?? throw new FileNotFoundException("no folder above the tests holds Molecule.sln"));
}
