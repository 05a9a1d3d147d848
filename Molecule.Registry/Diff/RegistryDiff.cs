using System.Collections.Immutable;

namespace Molecule.Registry.Diff;

/// <summary>What two registries say differently, and what that does to the matrix. It is empty just when their fingerprints are equal.</summary>
public static class RegistryDiff
{
    /// <summary>From the older to the newer, in the files' order: providers first, then runtimes by name.</summary>
    public static ImmutableArray<RegistryChange> Between(ProviderRegistry older, ProviderRegistry newer)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        return
        [
            .. Providers(older, newer),
            .. Both(older.Runtimes, newer.Runtimes, static runtime => runtime.Name).SelectMany(pair => Runtimes(older, newer, pair.Older, pair.Newer)),
        ];
    }

    private static IEnumerable<RegistryChange> Providers(ProviderRegistry older, ProviderRegistry newer)
    {
        foreach (var (before, after) in Both(older.Providers, newer.Providers, static provider => provider.Name))
        {
            if (before is null)
            {
                yield return new RegistryChange(ChangeKind.ProviderAdded, null, after!.Name, null, null, null, []);
            }
            else if (after is null)
            {
                yield return new RegistryChange(ChangeKind.ProviderRemoved, null, before.Name, null, null, null, []);
            }
            else
            {
                foreach (var ((key, was), (_, now)) in ProviderFields.Of(before).Zip(ProviderFields.Of(after)).Where(static pair => pair.First.Value != pair.Second.Value))
                {
                    yield return new RegistryChange(ChangeKind.FieldChanged, null, after.Name, key, was, now, LegalInBoth(older, newer, after.Name));
                }
            }
        }

        if (Reordered(older.Providers, newer.Providers, static provider => provider.Name) is { } order)
        {
            yield return new RegistryChange(ChangeKind.ProvidersReordered, null, null, null, order.Before, order.After, []);
        }
    }

    private static IEnumerable<RegistryChange> Runtimes(ProviderRegistry older, ProviderRegistry newer, Runtime? before, Runtime? after)
    {
        var name = (before ?? after!).Name;
        if (before is null)
        {
            yield return new RegistryChange(ChangeKind.RuntimeAdded, name, null, null, null, null, Pairs(after!, PairFate.Gained));
            yield break;
        }

        if (after is null)
        {
            yield return new RegistryChange(ChangeKind.RuntimeRemoved, name, null, null, null, null, Pairs(before, PairFate.Lost));
            yield break;
        }

        foreach (var change in Both(before.Arms, after.Arms, static arm => arm.Provider).SelectMany(pair => Arms(name, pair.Older, pair.Newer)))
        {
            yield return change;
        }

        if (Reordered(before.Arms, after.Arms, static arm => arm.Provider) is { } order)
        {
            yield return new RegistryChange(ChangeKind.ArmsReordered, name, null, null, order.Before, order.After, Pairs(after, PairFate.Changed));
        }

        foreach (var change in Payers(older, newer, before, after))
        {
            yield return change;
        }
    }

    private static IEnumerable<RegistryChange> Arms(string runtime, RuntimeArm? before, RuntimeArm? after)
    {
        var arm = (before ?? after!).Provider;
        RegistryChange Of(ChangeKind kind, PairFate fate, string? model = null, string? was = null, string? now = null) =>
            new(kind, runtime, arm, model, was, now, [new PairEffect(runtime, arm, fate)]);

        if (before is null || after is null)
        {
            yield return before is null ? Of(ChangeKind.ArmAdded, PairFate.Gained) : Of(ChangeKind.ArmRemoved, PairFate.Lost);
            yield break;
        }

        foreach (var model in before.Models.Concat(before.WithdrawnModels).Concat(after.Models).Concat(after.WithdrawnModels).Distinct(StringComparer.Ordinal))
        {
            if (KindOf(Standing(before, model), Standing(after, model)) is { } kind)
            {
                yield return Of(kind, PairFate.Changed, model);
            }
        }

        foreach (var list in (Func<RuntimeArm, ImmutableArray<string>>[])[static arm => arm.Models, static arm => arm.WithdrawnModels])
        {
            if (Reordered(list(before), list(after), static model => model) is { } order)
            {
                yield return Of(ChangeKind.ModelsReordered, PairFate.Changed, null, order.Before, order.After);
            }
        }
    }

    private enum ModelStanding
    {
        Unknown,
        Offered,
        Withdrawn,
    }

    private static ModelStanding Standing(RuntimeArm arm, string model) =>
        arm.Models.Contains(model) ? ModelStanding.Offered : arm.WithdrawnModels.Contains(model) ? ModelStanding.Withdrawn : ModelStanding.Unknown;

    private static ChangeKind? KindOf(ModelStanding before, ModelStanding after) => (before, after) switch
    {
        (ModelStanding.Unknown, ModelStanding.Offered) => ChangeKind.ModelAdded,
        (ModelStanding.Withdrawn, ModelStanding.Offered) => ChangeKind.ModelRestored,
        (ModelStanding.Unknown or ModelStanding.Offered, ModelStanding.Withdrawn) => ChangeKind.ModelWithdrawn,
        (ModelStanding.Offered or ModelStanding.Withdrawn, ModelStanding.Unknown) => ChangeKind.ModelRemoved,
        _ => null,
    };

    // Asked of the derivation itself, without a key and as a pin, so that a change of an expression or of the arms' order shows as well.
    private static IEnumerable<RegistryChange> Payers(ProviderRegistry older, ProviderRegistry newer, Runtime before, Runtime after) =>
        from model in Owned(before).Concat(Owned(after)).Concat(RefusalProbes.Representatives.Values).Distinct(StringComparer.Ordinal)
        let was = Owner(older, before.Name, model)
        let now = Owner(newer, after.Name, model)
        where was is not null && now is not null && was != now
        select new RegistryChange(
            ChangeKind.PayerChanged, after.Name, now, model, was, now,
            [.. ((string[])[was, now]).Where(arm => before.FindArm(arm) is not null && after.FindArm(arm) is not null).Select(arm => new PairEffect(after.Name, arm, PairFate.Changed))]);

    private static IEnumerable<string> Owned(Runtime runtime) => runtime.Arms.SelectMany(static arm => arm.Models.Concat(arm.WithdrawnModels));

    private static string? Owner(ProviderRegistry registry, string runtime, string model) =>
        (registry.DeriveProviderForPin(runtime, model, []) as Derived)?.Provider.Name;

    private static ImmutableArray<PairEffect> Pairs(Runtime runtime, PairFate fate) => [.. runtime.Arms.Select(arm => new PairEffect(runtime.Name, arm.Provider, fate))];

    private static ImmutableArray<PairEffect> LegalInBoth(ProviderRegistry older, ProviderRegistry newer, string provider) =>
    [
        .. newer.Runtimes
            .Where(runtime => runtime.FindArm(provider) is not null && older.FindRuntime(runtime.Name)?.FindArm(provider) is not null)
            .Select(runtime => new PairEffect(runtime.Name, provider, PairFate.Changed)),
    ];

    private static IEnumerable<(T? Older, T? Newer)> Both<T>(ImmutableArray<T> older, ImmutableArray<T> newer, Func<T, string> name)
        where T : class =>
        older.Concat(newer).Select(name).Distinct(StringComparer.Ordinal).Select(key => (older.FirstOrDefault(one => name(one) == key), newer.FirstOrDefault(one => name(one) == key)));

    // Of those that both have: what was added or removed is said already.
    private static (string Before, string After)? Reordered<T>(ImmutableArray<T> older, ImmutableArray<T> newer, Func<T, string> name)
    {
        var before = older.Select(name).Intersect(newer.Select(name), StringComparer.Ordinal).ToImmutableArray();
        var after = newer.Select(name).Intersect(before, StringComparer.Ordinal).ToImmutableArray();
        return before.SequenceEqual(after) ? null : (string.Join(", ", before), string.Join(", ", after));
    }
}
