using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>How to ask for a pair of runtime and arm that the registry does not offer.</summary>
/// <param name="Model">The model to create with.</param>
/// <param name="Owner">
/// Null: the create must be refused. Else the arm of that runtime which owns the model (and every other sample of the
/// asked arm): the create goes to the owner, and the asked arm must get no request.
/// </param>
public sealed record RefusalProbe(string Model, string? Owner);

/// <summary>Sample models of arms, and the probes made of them (design: refused cell).</summary>
public static class RefusalProbes
{
    // Stryker disable all : made once a process, before Stryker switches the mutant on. Made by hand, each of them turns ExactAnswerTests red.

    /// <summary>Ids that name-only arms must own: they list none themselves (spec 4.6).</summary>
    public static ImmutableSortedDictionary<string, string> Representatives { get; } = ImmutableSortedDictionary.CreateRange(
        StringComparer.Ordinal,
        new KeyValuePair<string, string>[]
        {
            new("byok-anthropic", "anthropic/claude-opus-4-7"),
            new("byok-gemini", "gemini/gemini-2.5-pro"),
            new("byok-openai", "openai:gpt-4o"),
            new("byok-minimax", "minimax:MiniMax-M2.7"),
            new("groq", "groq:llama-3.3-70b"),
        });

    // Stryker restore all

    /// <summary>The models an arm offers on any runtime, runtimes by name and models in the file's order, then its representative.</summary>
    public static ImmutableArray<string> SampleModels(this ProviderRegistry registry, string arm)
    {
        var listed = registry.Runtimes.SelectMany(runtime => runtime.Arms).Where(found => found.Provider == arm).SelectMany(found => found.Models);
        return [.. (Representatives.TryGetValue(arm, out var representative) ? listed.Append(representative) : listed).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The probe of a pair that is not legal: the arm's first sample that no arm of the runtime owns; if all are owned, the
    /// first one and its owner. Null when the registry knows no model of the arm, so that nothing can be asked.
    /// </summary>
    /// <exception cref="ArgumentException">The runtime is unknown, or offers the arm.</exception>
    public static RefusalProbe? ProbeRefusal(this ProviderRegistry registry, string runtime, string arm)
    {
        var found = registry.FindRuntime(runtime) ?? throw new ArgumentException($"runtime '{runtime}' is not in the registry", nameof(runtime));
        if (found.FindArm(arm) is not null)
        {
            throw new ArgumentException($"{runtime}/{arm} is a legal cell: there is no refusal to ask for", nameof(arm));
        }

        var samples = registry.SampleModels(arm);
        string? Owner(Derivation derivation) => (derivation as Derived)?.Provider.Name;

        // A withdrawn id is owned (spec 4.3), so it says less about the asked arm than one that nobody owns.
        return samples
            .Where(model => Owner(registry.DeriveProviderForPin(runtime, model, [])) is null)
            .Concat(samples)
            .Select(model => new RefusalProbe(model, Owner(registry.DeriveProvider(runtime, model, []))))
            .FirstOrDefault();
    }
}
