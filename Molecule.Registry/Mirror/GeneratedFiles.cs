using System.Collections.Immutable;
using System.Text;
using Molecule.Registry.Aliases;

namespace Molecule.Registry.Mirror;

/// <summary>All that is made of providers.yaml, but for expected-cells.txt, which coverage.yaml decides as well.</summary>
/// <param name="Source">Of what.</param>
/// <param name="Aliases">And of these names.</param>
/// <param name="Contents">Path from the repository's root to content.</param>
public sealed record GeneratedFiles(RegistrySource Source, AliasTable Aliases, ImmutableSortedDictionary<string, ImmutableArray<byte>> Contents)
{
    /// <summary>The workspace runtime's own copy, byte for byte.</summary>
    public const string Mirror = "Molecule.Workspace/Mirror/providers.yaml";

    /// <summary>The C# projection.</summary>
    public const string CSharp = "Molecule.Workspace/Mirror/RegistryProjection.g.cs";

    /// <summary>The tables of the docs.</summary>
    public const string Docs = "docs/registry.md";

    /// <summary>The models' names, which a hand writes.</summary>
    public const string AliasesFile = "aliases.yaml";

    /// <summary>See <see cref="MirrorRecord"/>.</summary>
    public const string Record = "registry.lock.json";

    /// <summary>The JSON projection of a runtime.</summary>
    public static string Json(string runtime) => $"templates/{runtime}/registry-projection.json";

    /// <summary>Makes them.</summary>
    public static GeneratedFiles Of(RegistrySource source, AliasTable aliases)
    {
        ArgumentNullException.ThrowIfNull(source);
        var contents = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<byte>>(StringComparer.Ordinal);
        contents[Mirror] = source.Bytes;
        contents[CSharp] = Bytes(CSharpProjection.Render(source));
        contents[Docs] = Bytes(RegistryTables.Render(source, aliases));
        foreach (var runtime in source.Registry.Runtimes)
        {
            contents[Json(runtime.Name)] = Bytes(JsonProjection.Render(source, runtime));
        }

        var hashes = contents.ToImmutableSortedDictionary(static one => one.Key, static one => RegistrySource.Hash(one.Value.AsSpan()), StringComparer.Ordinal);
        contents[Record] = Bytes(new MirrorRecord(source.Sha256, source.Fingerprint, hashes, aliases.Names.ToImmutableSortedDictionary(StringComparer.Ordinal)).Render());
        return new GeneratedFiles(source, aliases, contents.ToImmutable());
    }

    private static ImmutableArray<byte> Bytes(string text) => [.. Encoding.UTF8.GetBytes(text)];
}
