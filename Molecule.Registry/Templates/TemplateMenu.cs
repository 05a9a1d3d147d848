using System.Collections.Immutable;
using Molecule.Registry.Aliases;

namespace Molecule.Registry.Templates;

/// <summary>A model on a menu, once under all its names.</summary>
/// <param name="Model">Under its canonical id where the menu has that, otherwise under the first of its names there.</param>
/// <param name="Aliases">What else it is called, on the menu or on the wire, spelled for the same payer.</param>
public sealed record MenuEntry(TemplateModel Model, ImmutableArray<string> Aliases);

/// <summary>The menu of a template as a catalogue shows it: aliases and dated ids of one model are one entry.</summary>
public static class TemplateMenu
{
    /// <summary>The entries of a template, in its order. Another payer (another prefix, another credential) is another entry.</summary>
    public static ImmutableArray<MenuEntry> Of(TemplateRow row, AliasTable aliases)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(aliases);
        return
        [
            .. row.Models
                .GroupBy(model => (Prefix(model.Id), aliases.CanonicalOf(model.Id), string.Join(' ', model.RequiredEnv)))
                .Select(group =>
                {
                    var (prefix, canonical, _) = group.Key;
                    var shown = group.FirstOrDefault(model => model.Id == prefix + canonical) ?? group.First();
                    var names = aliases.Models.FirstOrDefault(one => one.Canonical == canonical) is { } known ? known.Aliases.Prepend(known.Canonical).Select(name => prefix + name) : [];
                    return new MenuEntry(shown, [.. group.Select(static model => model.Id).Concat(names).Where(name => name != shown.Id).Distinct()]);
                }),
        ];
    }

    // By which a spelling says who pays (AliasTable.CanonicalOf).
    private static string Prefix(string model) => model[..(model.LastIndexOfAny([':', '/']) + 1)];
}
