using System.Security.Cryptography;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Evidence;

namespace Molecule.Coverage.Ledger;

/// <summary>Where a run's evidence lies: beside its ledger, each in a file named by the SHA-256 of its content. The ledger's line holds the hash alone.</summary>
public sealed class EvidenceFolder
{
    private EvidenceFolder(string path) => Path = path;

    /// <summary>Where it lies; it need not exist.</summary>
    public string Path { get; }

    /// <summary>The folder that belongs to a ledger; a link to a ledger belongs to what it points at.</summary>
    public static EvidenceFolder Beside(string ledger)
    {
        var target = File.ResolveLinkTarget(ledger, returnFinalTarget: true)?.FullName ?? System.IO.Path.GetFullPath(ledger);
        return new EvidenceFolder(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(target)!, "evidence"));
    }

    /// <summary>Stores evidence; the same evidence is stored once.</summary>
    /// <returns>Its hash.</returns>
    /// <exception cref="IOException">It cannot be written; nothing half-written stands under its name.</exception>
    public string Put(CellEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var content = JsonSerializer.SerializeToUtf8Bytes(evidence, ContractJson.Indented);
        var sha256 = HashOf(content);
        var file = FileOf(sha256);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path);
            var partial = $"{file}.partial";
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write))
            {
                stream.Write(content);
                // Stryker disable once Statement,Boolean : only a machine that loses its power tells the difference
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, file);
        }

        return sha256;
    }

    /// <summary>The content under a hash as it lies there; null where there is none.</summary>
    public byte[]? Find(string sha256) => File.Exists(FileOf(sha256)) ? File.ReadAllBytes(FileOf(sha256)) : null;

    /// <summary>Reads content back.</summary>
    /// <returns>The evidence, or what is wrong with it.</returns>
    internal static (CellEvidence? Evidence, string? Problem) Read(string sha256, byte[]? content)
    {
        if (content is null)
        {
            return (null, $"its evidence {sha256} is not beside the ledger");
        }

        if (HashOf(content) != sha256)
        {
            return (null, $"its evidence {sha256} does not have that hash: it was edited");
        }

        try
        {
            return (JsonSerializer.Deserialize<CellEvidence>(content, ContractJson.Compact), null);
        }
        catch (JsonException error)
        {
            return (null, $"its evidence {sha256} is none: {error.Message}");
        }
    }

    private string FileOf(string sha256) => System.IO.Path.Combine(Path, $"{sha256}.json");

    private static string HashOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
