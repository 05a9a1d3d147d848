using Molecule.Registry.Aliases;
using Molecule.Registry.Templates;

namespace Molecule.Tests.Registry;

/// <summary>Aliases and dated ids of one model are one entry of a menu, under its canonical id.</summary>
public sealed class TemplateMenuTests
{
    private static readonly AliasTable _aliases = AliasTable.Read("schema: 1\nmodels:\n  - { canonical: haiku, aliases: [haiku-20251001, haiku-latest] }\n", "aliases.yaml");

    [Theory]
    [InlineData("haiku-20251001,haiku", "haiku (haiku-20251001 haiku-latest)")]
    [InlineData("haiku,opus,haiku-latest", "haiku (haiku-latest haiku-20251001) | opus ()")]
    [InlineData("haiku-latest,haiku-20251001", "haiku-latest (haiku-20251001 haiku)")]
    [InlineData("a/haiku-20251001,haiku,a/haiku", "a/haiku (a/haiku-20251001 a/haiku-latest) | haiku (haiku-20251001 haiku-latest)")]
    [InlineData("a:opus,b:opus,opus", "a:opus () | b:opus () | opus ()")]
    public void Names_of_one_model_for_one_payer_are_one_entry(string menu, string entries) => Assert.Equal(entries, Menu(menu, static _ => []));

    [Fact]
    public void Another_credential_is_another_entry() =>
        Assert.Equal("haiku (haiku-20251001 haiku-latest) | haiku-latest (haiku haiku-20251001)", Menu("haiku,haiku-latest", static id => [id]));

    private static string Menu(string menu, Func<string, System.Collections.Immutable.ImmutableArray<string>> credentials)
    {
        var row = new TemplateRow("r", "R", "", 3, "r", "haiku", [.. menu.Split(',').Select(id => new TemplateModel(id, id, credentials(id)))], [], [], null);
        return string.Join(" | ", TemplateMenu.Of(row, _aliases).Select(static entry => $"{entry.Model.Id} ({string.Join(' ', entry.Aliases)})"));
    }
}
