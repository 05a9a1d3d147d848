using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Molecule.Harness.Lanes;

/// <summary>Files that are laid into a workspace's volumes from outside, where the node keeps them (<c>ROOT/ID</c>), to be looked for later.</summary>
public sealed class PlantedFiles
{
    // spec/control-plane.md 5.1 names the first two; the third is the agent's home, where each runtime keeps its state (spec/runtimes-and-providers.md 5.3).
    private static readonly ImmutableArray<string> Places = ["configs/kept.txt", "workspace/deep/in/kept.txt", "home/kept.txt", "home/.cache/kept/kept.bin"];

    private readonly string _folder;
    private readonly ImmutableSortedDictionary<string, string> _digests;

    private PlantedFiles(string folder, ImmutableSortedDictionary<string, string> digests) => (_folder, _digests) = (folder, digests);

    /// <summary>Lays them.</summary>
    /// <param name="root">Where the node keeps its workspaces.</param>
    /// <param name="workspace">The workspace's id.</param>
    /// <param name="random">What they hold.</param>
    public static PlantedFiles In(string root, string workspace, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var digests = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var place in Places)
        {
            var (path, content) = (Path.Combine(root, workspace, place), new byte[random.Next(1, 100_000)]);
            random.NextBytes(content);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
            digests[place] = Digest(content);
        }

        return new PlantedFiles(Path.Combine(root, workspace), digests.ToImmutable());
    }

    /// <summary>Those that are not there any more, or hold something else.</summary>
    public ImmutableArray<string> Missing() =>
        [.. _digests.Where(planted => !File.Exists(Path.Combine(_folder, planted.Key)) || Digest(File.ReadAllBytes(Path.Combine(_folder, planted.Key))) != planted.Value).Select(static planted => planted.Key)];

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
