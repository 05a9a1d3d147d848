using System.Text.Encodings.Web;
using System.Text.Json;

namespace Molecule.Registry.Mirror;

/// <summary>registry-projection.json of one runtime, for other languages (spec 4.1): its arms with their models, and of which file it was made.</summary>
public static class JsonProjection
{
    private static readonly JsonSerializerOptions _form = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file's text; arms stand in the registry's order, which is data (spec 4.4).</summary>
    public static string Render(RegistrySource source, Runtime runtime)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(runtime);
        var document = new
        {
            _provenance = new { generator = "molecule registry sync", source = source.Name, sha256 = source.Sha256, fingerprint = source.Fingerprint, schema_version = source.Registry.SchemaVersion },
            runtime = runtime.Name,
            in_registry = true,
            providers = runtime.Arms.Select(arm => new
            {
                name = arm.Provider,
                auth_env = source.Registry.FindProvider(arm.Provider)!.AuthEnv, // the reader refuses an arm without its provider
                models = arm.Models,
                withdrawn_models = arm.WithdrawnModels,
            }),
        };
        return JsonSerializer.Serialize(document, _form).ReplaceLineEndings("\n") + "\n";
    }
}
