using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Molecule.Coverage.Planning;

/// <summary>Where a cell's requests go.</summary>
public enum CellMode
{
    /// <summary>The provider fakes.</summary>
    Mock,

    /// <summary>Real endpoints, real keys.</summary>
    Live,
}

/// <summary>A cell's name: <c>runtime/arm/feature@mode</c>, an axis that does not apply is <c>-</c>.</summary>
/// <param name="Runtime">Null where the axis does not apply.</param>
/// <param name="Arm">Null where the axis does not apply.</param>
/// <param name="Feature">Kebab-case, a provisioner's variant as a suffix: <c>restart-soft.container</c>.</param>
/// <param name="Mode">See <see cref="CellMode"/>.</param>
[JsonConverter(typeof(CellIdJson))]
public sealed partial record CellId(string? Runtime, string? Arm, string Feature, CellMode Mode)
{
    private const string NoAxis = "-";

    /// <summary>Reads an id back.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static CellId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is no cell id: it must read runtime/arm/feature@mode, the mode mock or live, '-' for an axis that does not apply");

    /// <summary>Reads an id back, exactly as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CellId? id)
    {
        var match = Form.Match(text);
        id = match.Success
            ? new CellId(Axis(match.Groups["runtime"].Value), Axis(match.Groups["arm"].Value), match.Groups["feature"].Value, match.Groups["mode"].Value == "live" ? CellMode.Live : CellMode.Mock)
            : null;
        return match.Success;

        static string? Axis(string segment) => segment == NoAxis ? null : segment;
    }

    /// <summary>Whether a text may stand as a runtime, arm or feature.</summary>
    public static bool IsName(string text) => Name.IsMatch(text);

    public override string ToString() => $"{Runtime ?? NoAxis}/{Arm ?? NoAxis}/{Feature}@{(Mode is CellMode.Live ? "live" : "mock")}";

    [GeneratedRegex(@"^(?<runtime>-|[a-z0-9][a-z0-9._-]*)/(?<arm>-|[a-z0-9][a-z0-9._-]*)/(?<feature>[a-z0-9][a-z0-9._-]*)@(?<mode>mock|live)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name { get; }

    private sealed class CellIdJson : JsonConverter<CellId>
    {
        public override CellId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString()!, out var id) ? id : throw new JsonException("not a cell id");

        public override void Write(Utf8JsonWriter writer, CellId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
