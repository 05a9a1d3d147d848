using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>One arm of a runtime.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Models">What the arm offers, in the file's order. Empty = name-only: adds nothing to the menu, routes by prefix (spec 4.3).</param>
/// <param name="WithdrawnModels">No longer selectable, still owned (spec 4.3).</param>
public sealed record RuntimeArm(string Provider, ImmutableArray<string> Models, ImmutableArray<string> WithdrawnModels)
{
    /// <summary>Whether it lists no model at all.</summary>
    public bool IsNameOnly => Models.IsEmpty;
}

/// <summary>One runtime and its arms in the file's order, which decides between arms that offer one id (spec 4.4).</summary>
public sealed record Runtime(string Name, ImmutableArray<RuntimeArm> Arms)
{
    /// <summary>The arm of a provider, or null.</summary>
    public RuntimeArm? FindArm(string provider) => Arms.FirstOrDefault(arm => arm.Provider == provider);
}

/// <summary>What providers.yaml says.</summary>
/// <param name="SchemaVersion">1.</param>
/// <param name="Providers">In the file's order.</param>
/// <param name="Runtimes">By name: they stand in a mapping, whose order is no data.</param>
public sealed record ProviderRegistry(int SchemaVersion, ImmutableArray<Provider> Providers, ImmutableArray<Runtime> Runtimes)
{
    /// <summary>The provider of that name, or null.</summary>
    public Provider? FindProvider(string name) => Providers.FirstOrDefault(provider => provider.Name == name);

    /// <summary>The runtime of that name, or null.</summary>
    public Runtime? FindRuntime(string name) => Runtimes.FirstOrDefault(runtime => runtime.Name == name);
}
