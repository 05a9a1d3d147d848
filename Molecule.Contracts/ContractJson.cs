using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Molecule.Contracts;

/// <summary>How the records of this room are written as JSON: camel case, compact, enums as kebab-case words.</summary>
public static class ContractJson
{
    // Stryker disable all : made once a process, before Stryker switches the mutant on. Made by hand, each of them turns ContractJsonTests red.
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    // Stryker disable all : as above
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    // Stryker disable all : as above
    private static JsonSerializerOptions Create(bool indented) => new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
