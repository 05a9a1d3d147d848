using System.Collections.Immutable;
using Molecule.Registry.Reading;

namespace Molecule.Registry.Aliases;

/// <summary>One model under all its names.</summary>
/// <param name="Canonical">The id that it is known by: the one a price and a catalogue entry stand under.</param>
/// <param name="Aliases">Other names of it: dated ids, and what a client sends in its stead.</param>
public sealed record ModelNames(string Canonical, ImmutableArray<string> Aliases);

/// <summary>aliases.yaml: no name stands for two models, so that each spelling has one canonical id.</summary>
public sealed class AliasTable
{
    private readonly ImmutableDictionary<string, string> _canonical;

    private AliasTable(ImmutableArray<ModelNames> models)
    {
        Models = models;
        _canonical = models.SelectMany(static one => one.Aliases.Add(one.Canonical), static (one, name) => KeyValuePair.Create(name, one.Canonical)).ToImmutableDictionary(StringComparer.Ordinal);
    }

    /// <summary>In the file's order.</summary>
    public ImmutableArray<ModelNames> Models { get; }

    /// <summary>
    /// The canonical id of a name, and of a name behind the prefix that says who pays (<c>anthropic:</c>, <c>minimax/</c>); a
    /// name that the table lacks is its own canonical id, without that prefix.
    /// </summary>
    public string CanonicalOf(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var bare = model[(model.LastIndexOfAny([':', '/']) + 1)..];
        return _canonical.GetValueOrDefault(model) ?? _canonical.GetValueOrDefault(bare) ?? bare;
    }

    /// <summary>Each name and the canonical id that it stands for.</summary>
    public IEnumerable<KeyValuePair<string, string>> Names => _canonical;

    /// <summary>Reads the table.</summary>
    /// <exception cref="RegistryFormatException">Something is wrong with it; carries all of it.</exception>
    public static AliasTable Read(string yaml, string fileName)
    {
        var errors = new ErrorList(fileName);
        var models = ImmutableArray.CreateBuilder<ModelNames>();
        if (YamlTree.Read(yaml, errors) is { } root && Section.Open(root, "the table of aliases", ["schema", "models"], errors) is { } top)
        {
            if (top.RequireText("schema") is { } schema && schema.Value != "1")
            {
                errors.Add(schema, $"schema must be 1, not '{schema.Value}'");
            }

            switch (top.Require("models"))
            {
                case null:
                    break;
                case YamlSequence list:
                    ReadModels(list, models, errors);
                    break;
                case var other:
                    errors.Add(other, $"models must be a list, not {other.Kind}");
                    break;
            }
        }

        errors.ThrowIfAny();
        return new AliasTable(models.ToImmutable());
    }

    private static void ReadModels(YamlSequence list, ImmutableArray<ModelNames>.Builder models, ErrorList errors)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in list.Items)
        {
            if (Section.Open(item, "a model", ["canonical", "aliases"], errors) is not { } entry || entry.RequireText("canonical") is not { } canonical)
            {
                continue;
            }

            var aliases = entry.FindTexts("aliases");
            foreach (var name in aliases.Prepend(canonical))
            {
                if (!taken.TryAdd(name.Value, canonical.Value))
                {
                    errors.Add(name, $"'{name.Value}' of '{canonical.Value}' is a name of '{taken[name.Value]}' already: one name stands for one model");
                }
            }

            models.Add(new ModelNames(canonical.Value, [.. aliases.Select(static alias => alias.Value)]));
        }
    }
}
