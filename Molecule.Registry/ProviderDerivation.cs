using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>
/// Runtime and model id -> provider, by the rule of spec 4.4: an id that arms list by name; else the prefix expressions of
/// the runtime's own arms. Present credentials only decide between several: they never make an id of no arm routable, or
/// the third spelling of spec 3.0 (<c>minimax:MiniMax-M2.7</c> on claude-code) would be served to whoever holds a MiniMax key.
/// </summary>
public static class ProviderDerivation
{
    /// <summary>The provider of a model that is chosen now. A withdrawn id has none (spec 4.3).</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="runtime">The runtime's name.</param>
    /// <param name="model">The id; surrounding white space does not count.</param>
    /// <param name="presentEnv">The names (never the values) of the credentials the workspace holds.</param>
    public static Derivation DeriveProvider(this ProviderRegistry registry, string runtime, string model, ImmutableHashSet<string> presentEnv) =>
        registry.Derive(runtime, model, presentEnv, isPin: false);

    /// <summary>
    /// The provider of a model that an existing workspace is pinned to. A withdrawn id still belongs to the arm that
    /// withdrew it and to no other, so that a metered workspace never starts to spend its owner's key (spec 4.3).
    /// </summary>
    /// <inheritdoc cref="DeriveProvider"/>
    public static Derivation DeriveProviderForPin(
        this ProviderRegistry registry, string runtime, string model, ImmutableHashSet<string> presentEnv) =>
        registry.Derive(runtime, model, presentEnv, isPin: true);

    private static Derivation Derive(
        this ProviderRegistry registry, string runtimeName, string model, ImmutableHashSet<string> presentEnv, bool isPin)
    {
        if (registry.FindRuntime(runtimeName) is not { } runtime)
        {
            return new NotDerived(RefusalCode.RuntimeUnsupported, $"runtime '{runtimeName}' is not in the registry");
        }

        model = model.Trim();
        if (model.Length == 0)
        {
            return new NotDerived(RefusalCode.ModelRequired, $"runtime '{runtimeName}' was asked for a provider without a model");
        }

        var withdrawnBy = runtime.Arms.Where(arm => arm.WithdrawnModels.Contains(model)).ToImmutableArray();
        if (!withdrawnBy.IsEmpty)
        {
            return isPin
                ? registry.Pick(runtime, withdrawnBy, model, presentEnv)
                : new NotDerived(
                    RefusalCode.UnregisteredModelForRuntime,
                    $"model '{model}' was withdrawn from {withdrawnBy[0].Provider} on runtime '{runtimeName}' and cannot be chosen any more");
        }

        var listedBy = runtime.Arms.Where(arm => arm.Models.Contains(model)).ToImmutableArray();
        if (!listedBy.IsEmpty)
        {
            return registry.Pick(runtime, listedBy, model, presentEnv);
        }

        var matchedBy = runtime.Arms
            .Where(arm => registry.FindProvider(arm.Provider)?.ModelPrefixMatch?.Matches(model) is true)
            .ToImmutableArray();
        if (matchedBy.Length > 1)
        {
            // Unlike a listed id, an overlap of expressions has no declared order to fall back on: it fails closed.
            matchedBy = registry.WithCredential(matchedBy, presentEnv);
        }

        return matchedBy.Length == 1
            ? registry.Pick(runtime, matchedBy, model, presentEnv)
            : new NotDerived(
                RefusalCode.UnregisteredModelForRuntime,
                $"model '{model}' is not registered for runtime '{runtimeName}': it is neither on the menu nor routable by the arms "
                + string.Join(", ", runtime.Arms.Select(arm => arm.Provider)));
    }

    /// <summary>Of several owners by name: the one whose credential is present, else the first declared (spec 4.4).</summary>
    private static Derivation Pick(
        this ProviderRegistry registry, Runtime runtime, ImmutableArray<RuntimeArm> owners, string model, ImmutableHashSet<string> presentEnv)
    {
        var keyed = registry.WithCredential(owners, presentEnv);
        var owner = keyed.Length == 1 ? keyed[0] : owners[0];
        return registry.FindProvider(owner.Provider) is { } provider
            ? new Derived(provider)
            : new NotDerived(
                RefusalCode.DerivedProviderNotInRegistry,
                $"model '{model}' belongs to arm '{owner.Provider}' of runtime '{runtime.Name}', and the registry has no provider of that name");
    }

    private static ImmutableArray<RuntimeArm> WithCredential(
        this ProviderRegistry registry, ImmutableArray<RuntimeArm> arms, ImmutableHashSet<string> presentEnv) =>
        [.. arms.Where(arm => registry.FindProvider(arm.Provider)?.AuthEnv.Any(presentEnv.Contains) is true)];
}
