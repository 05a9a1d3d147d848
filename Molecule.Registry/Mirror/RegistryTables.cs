using System.Globalization;
using System.Text;
using Molecule.Registry.Aliases;
using Molecule.Registry.Diff;

namespace Molecule.Registry.Mirror;

/// <summary>docs/registry.md: the registry as tables.</summary>
public static class RegistryTables
{
    /// <summary>The file's text.</summary>
    public static string Render(RegistrySource source, AliasTable aliases)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(aliases);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# The registry\n\nMade of {source.Name} by `./molecule registry sync`; edit that file. Fingerprint `{source.Fingerprint}`.\n");
        Section(text, "Providers", "provider | wire | auth mode | credentials | upstream vendor", source.Registry.Providers.Select(static one =>
            $"{Code(one.Name)} | {ProviderFields.Word(one.Protocol)} | {ProviderFields.Word(one.AuthMode)} | {Codes(one.AuthEnv)} | {one.UpstreamVendor}"));
        foreach (var runtime in source.Registry.Runtimes.OrderBy(static one => one.Name, StringComparer.Ordinal))
        {
            Section(text, runtime.Name, "arm | models | withdrawn", runtime.Arms.Select(static arm =>
                $"{Code(arm.Provider)} | {(arm.IsNameOnly ? "by name only" : Codes(arm.Models))} | {Codes(arm.WithdrawnModels)}"));
        }

        Section(text, "One model, several names", "canonical id | other names", aliases.Models.Select(static one => $"{Code(one.Canonical)} | {Codes(one.Aliases)}"));
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, string columns, IEnumerable<string> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| {columns} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Split('|').Length))}\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row} |\n");
        }
    }

    private static string Codes(IEnumerable<string> names) => string.Join(", ", names.Select(Code));

    private static string Code(string name) => $"`{name}`";
}
