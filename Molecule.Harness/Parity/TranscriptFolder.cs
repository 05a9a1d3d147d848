using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Parity;

/// <summary>Where a run's transcripts lie: in a folder beside its evidence, a file a cell.</summary>
public sealed class TranscriptFolder
{
    private const char Separator = '_';
    private const string Extension = ".json";

    private readonly string _path;

    private TranscriptFolder(string path) => _path = path;

    /// <summary>The folder that belongs to a ledger; a link to a ledger belongs to what it points at.</summary>
    public static TranscriptFolder Beside(string ledger) => new(Path.Combine(Path.GetDirectoryName(EvidenceFolder.Beside(ledger).Path)!, "transcripts"));

    /// <summary>Keeps a cell's transcript; a later attempt's takes the place of an earlier one's.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Put(CellId cell, Transcript transcript)
    {
        ArgumentNullException.ThrowIfNull(cell);
        Directory.CreateDirectory(_path);
        var file = Path.Combine(_path, cell.ToString().Replace('/', Separator) + Extension);
        var partial = $"{file}.partial";
        File.WriteAllText(partial, JsonSerializer.Serialize(transcript, ContractJson.Indented));
        File.Move(partial, file, overwrite: true);
    }

    /// <summary>All that lie there, by cell.</summary>
    /// <exception cref="FormatException">A file there is no transcript.</exception>
    public ImmutableDictionary<CellId, Transcript> Read()
    {
        var found = ImmutableDictionary.CreateBuilder<CellId, Transcript>();
        foreach (var file in Directory.Exists(_path) ? Directory.EnumerateFiles(_path, $"*{Extension}") : [])
        {
            // No runtime, arm or feature has the separator in its name but the axis that does not apply, which no lane has.
            var cell = CellId.Parse(Path.GetFileNameWithoutExtension(file).Replace(Separator, '/'));
            try
            {
                found[cell] = JsonSerializer.Deserialize<Transcript>(File.ReadAllText(file), ContractJson.Compact) ?? throw new FormatException($"{file}: it is empty");
            }
            catch (JsonException e)
            {
                throw new FormatException($"{file}: no transcript: {e.Message}", e);
            }
        }

        return found.ToImmutable();
    }
}
