using System.Collections.Immutable;
using Molecule.Registry.Aliases;
using Molecule.Registry.Mirror;
using Molecule.Registry.Templates;

namespace Molecule.Registry.Catalogue;

/// <summary>Holds what is offered to users (templates, prices, names of models) against the registry, both ways.</summary>
/// <param name="registry">The registry.</param>
/// <param name="templates">The template registry's rows.</param>
/// <param name="aliases">The models' names.</param>
/// <param name="isPriced">Whether a model has a price, with or without the prefix of its payer.</param>
public sealed class CatalogueJudge(ProviderRegistry registry, ImmutableArray<TemplateRow> templates, AliasTable aliases, Func<string, bool> isPriced)
{
    private const string Prices = "prices.yaml";
    private const string Names = "aliases.yaml";

    // As if its owner held every key there is: the wrong payer must not be a matter of luck.
    private readonly ImmutableHashSet<string> _everyKey = [.. registry.Providers.SelectMany(static provider => provider.AuthEnv)];

    /// <summary>All that does not agree.</summary>
    public ImmutableArray<DriftFinding> Judge() =>
    [
        .. RuntimesWithoutRow(),
        .. templates.SelectMany(Row),
        .. registry.Runtimes.SelectMany(Withdrawn),
        .. Unpriced(),
        .. aliases.Models.SelectMany(Aliased),
    ];

    /// <summary>Where a row stands.</summary>
    public static string FileOf(string template) => $"templates/{template}/{TemplateRow.FileName}";

    private IEnumerable<DriftFinding> RuntimesWithoutRow() =>
        from runtime in registry.Runtimes
        where !templates.Any(row => row.Runtime == runtime.Name)
        select new DriftFinding(FileOf(runtime.Name), DriftKind.Missing, $"runtime '{runtime.Name}' is offered and has no row in the template registry: write it");

    private IEnumerable<DriftFinding> Row(TemplateRow row)
    {
        DriftFinding Wrong(string message) => new(FileOf(row.Id), DriftKind.Disagreement, message);

        if (row.Id != row.Runtime)
        {
            yield return Wrong($"it starts runtime '{row.Runtime}': a runtime's row stands in the folder of its name");
        }

        if (registry.FindRuntime(row.Runtime) is not { } runtime)
        {
            yield return Wrong($"runtime '{row.Runtime}' is not in the registry: take the row away, or bring the runtime back");
            yield break;
        }

        var offered = runtime.Arms.SelectMany(static arm => arm.Models).Distinct(StringComparer.Ordinal).ToImmutableArray();
        foreach (var model in offered.Where(id => !row.Models.Any(one => one.Id == id)))
        {
            yield return Wrong($"model '{model}' is on the registry's menu of '{runtime.Name}' and not in the template");
        }

        foreach (var model in row.Models)
        {
            if (!offered.Contains(model.Id))
            {
                yield return Wrong($"model '{model.Id}' {(IsWithdrawn(runtime, model.Id) ? "was withdrawn and must not be offered" : $"is not on the registry's menu of '{runtime.Name}'")}");
            }
            else if (RequiredEnv(runtime, model) is { } problem)
            {
                yield return Wrong($"model '{model.Id}': required_env is [{string.Join(", ", model.RequiredEnv)}] and {problem}");
            }
        }

        if (!offered.Contains(row.Model))
        {
            yield return Wrong($"its default model '{row.Model}' is not on the registry's menu of '{runtime.Name}'");
        }

        foreach (var name in row.RequiredEnv.Where(name => !runtime.Arms.All(arm => registry.FindProvider(arm.Provider)?.AuthEnv.Contains(name) is true)))
        {
            yield return Wrong($"required_env of the whole template names {name}, which not every arm of '{runtime.Name}' takes");
        }
    }

    // One of an arm's names will do for it (spec 3.0), so a template asks for one of them; who is paid for by the control plane brings none.
    private string? RequiredEnv(Runtime runtime, TemplateModel model)
    {
        var owners = runtime.Arms.Where(arm => arm.Models.Contains(model.Id)).Select(arm => registry.FindProvider(arm.Provider)).OfType<Provider>().ToImmutableArray();
        if (owners.FirstOrDefault(static owner => owner.IsServedByControlPlane) is { } served)
        {
            return model.RequiredEnv.IsEmpty ? null : $"must be empty: arm '{served.Name}' is paid by the control plane";
        }

        var names = owners.SelectMany(static owner => owner.AuthEnv).Distinct(StringComparer.Ordinal).ToImmutableArray();
        return names.IsEmpty ? null
            : model.RequiredEnv is [var one] && names.Contains(one) ? null
            : $"must be one of {string.Join(", ", names)}, which {(owners.Length == 1 ? "arm" : "arms")} {string.Join(", ", owners.Select(static owner => $"'{owner.Name}'"))} take{(owners.Length == 1 ? "s" : "")}";
    }

    // Still owned by the arm that withdrew it, whatever keys lie there (spec 4.3).
    private IEnumerable<DriftFinding> Withdrawn(Runtime runtime) =>
        from arm in runtime.Arms
        from model in arm.WithdrawnModels
        let owner = (registry.DeriveProviderForPin(runtime.Name, model, _everyKey) as Derived)?.Provider.Name
        where owner != arm.Provider
        select new DriftFinding("providers.yaml", DriftKind.Disagreement, $"runtime '{runtime.Name}': withdrawn model '{model}' of arm '{arm.Provider}' is paid by {(owner is null ? "nobody" : $"'{owner}'")} where it is pinned");

    private IEnumerable<DriftFinding> Unpriced() =>
        registry.Runtimes
            .SelectMany(static runtime => runtime.Arms, static (runtime, arm) => (Runtime: runtime.Name, Arm: arm))
            .SelectMany(static one => one.Arm.Models.Concat(one.Arm.WithdrawnModels), static (one, model) => (one.Runtime, Arm: one.Arm.Provider, Model: model))
            .Where(one => !isPriced(one.Model) && !isPriced(aliases.CanonicalOf(one.Model)))
            .DistinctBy(one => aliases.CanonicalOf(one.Model))
            .Select(one => new DriftFinding(Prices, DriftKind.Missing, $"model '{one.Model}' of runtime '{one.Runtime}', arm '{one.Arm}' has no price: add a row with its source"));

    private IEnumerable<DriftFinding> Aliased(ModelNames model)
    {
        var menu = registry.Runtimes.SelectMany(static runtime => runtime.Arms).SelectMany(static arm => arm.Models);
        if (!menu.Any(id => Bare(id) == model.Canonical))
        {
            yield return new DriftFinding(Names, DriftKind.Disagreement, $"canonical id '{model.Canonical}' is offered by no arm");
        }

        foreach (var (runtime, arm, alias) in
            from runtime in registry.Runtimes
            from arm in runtime.Arms
            from alias in model.Aliases
            where arm.Models.Any(id => Bare(id) == model.Canonical) && arm.Models.Any(id => Bare(id) == alias)
            select (runtime.Name, arm.Provider, alias))
        {
            yield return new DriftFinding(Names, DriftKind.Disagreement, $"runtime '{runtime}', arm '{arm}' offers '{alias}' beside '{model.Canonical}', which is the same model: keep one entry");
        }
    }

    private static bool IsWithdrawn(Runtime runtime, string model) => runtime.Arms.Any(arm => arm.WithdrawnModels.Contains(model));

    private static string Bare(string model) => model[(model.LastIndexOfAny([':', '/']) + 1)..];
}
