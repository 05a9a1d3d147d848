using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Registry.Reading;

/// <summary>The whole document: spec 4.3's top level, and the rules that span providers and runtimes.</summary>
internal static class RegistryDocument
{
    private const int SchemaVersion = 1;

    public static ProviderRegistry? Read(YamlNode root, ErrorList errors)
    {
        if (Section.Open(root, "the registry", ["schema_version", "providers", "runtimes"], errors) is not { } top)
        {
            return null;
        }

        CheckVersion(top, errors);
        var providers = ReadProviders(top, errors);
        var runtimes = ReadRuntimes(top, providers.Select(provider => provider.Name).ToImmutableHashSet(StringComparer.Ordinal), errors);
        return new ProviderRegistry(SchemaVersion, providers, runtimes);
    }

    private static void CheckVersion(Section top, ErrorList errors)
    {
        var known = SchemaVersion.ToString(CultureInfo.InvariantCulture);
        if (top.Require("schema_version") is { } version && !(version is YamlScalar { IsPlain: true } said && said.Value == known))
        {
            errors.Add(version, $"schema_version must be {known}, the one this program reads, not {version.Kind}");
        }
    }

    private static ImmutableArray<Provider> ReadProviders(Section top, ErrorList errors)
    {
        var entries = new List<ProviderEntry>();
        switch (top.Require("providers"))
        {
            case null:
                break;
            case YamlSequence { Items.Count: > 0 } list:
                foreach (var entry in list.Items.Select(item => ProviderEntry.Read(item, errors)).OfType<ProviderEntry>())
                {
                    CheckUnique(entry, entries, errors);
                    entries.Add(entry);
                }

                break;
            case var other:
                errors.Add(other, $"providers must be a list of at least one provider, not {other.Kind}");
                break;
        }

        return [.. entries.Select(entry => entry.Provider)];
    }

    private static void CheckUnique(ProviderEntry entry, List<ProviderEntry> earlier, ErrorList errors)
    {
        if (earlier.Find(other => other.Name.Value == entry.Name.Value) is { } twin)
        {
            errors.Add(entry.Name, $"duplicate provider '{entry.Name.Value}': it stands already in line {twin.Name.Line}");
        }

        if (entry.UpstreamVendor is { } vendor && earlier.Find(other => other.UpstreamVendor?.Value == vendor.Value) is { } owner)
        {
            errors.Add(
                vendor,
                $"upstream_vendor '{vendor.Value}' has two owners: '{owner.Name.Value}' (line {owner.UpstreamVendor!.Line}) and '{entry.Name.Value}'; keep one");
        }
    }

    private static ImmutableArray<Runtime> ReadRuntimes(Section top, ImmutableHashSet<string> providers, ErrorList errors)
    {
        switch (top.Require("runtimes"))
        {
            case null:
                return [];
            case YamlMapping { Entries.Count: > 0 } mapping:
                return
                [
                    .. mapping.Entries
                        .Select(entry => RuntimeEntry.Read(entry, providers, errors))
                        .OfType<Runtime>()
                        .OrderBy(runtime => runtime.Name, StringComparer.Ordinal),
                ];
            case var other:
                errors.Add(other, $"runtimes must be a mapping of at least one runtime, not {other.Kind}");
                return [];
        }
    }
}
