using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Registry.Mirror;

/// <summary>
/// registry.lock.json: of which providers.yaml the generated files were made, and how each looked. Without it nobody could tell a file that a hand
/// has edited from one that was not made anew.
/// </summary>
/// <param name="Sha256">Of that providers.yaml.</param>
/// <param name="Fingerprint">Of that providers.yaml.</param>
/// <param name="Files">Path to sha-256.</param>
/// <param name="Names">Each model's name to its canonical id, as aliases.yaml had them.</param>
public sealed record MirrorRecord(string Sha256, string Fingerprint, ImmutableSortedDictionary<string, string> Files, ImmutableSortedDictionary<string, string> Names)
{
    private static readonly JsonSerializerOptions _form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The file's text.</summary>
    public string Render() => JsonSerializer.Serialize(this, _form).ReplaceLineEndings("\n") + "\n";

    /// <summary>Null where the text is no such record.</summary>
    public static MirrorRecord? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<MirrorRecord>(text, _form) is { Sha256: not null, Fingerprint: not null, Files: not null, Names: not null } record ? record : null;
        }
        catch (JsonException)

        // Stryker disable once Block : Stryker ends an emptied block's method with the default value, which is null as well
        {
            return null;
        }
    }
}
