using System.Collections.Immutable;
using Molecule.Registry;

namespace Molecule.Coverage.Planning;

/// <summary>
/// Which protocol each runtime speaks to each of its arms. The registry's <c>protocol</c> does not say it: one arm is spoken to by several
/// runtimes on several wires (spec/runtimes-and-providers.md 3.0).
/// </summary>
/// <param name="Entries">One a runtime and arm.</param>
internal sealed record WireTable(ImmutableArray<WireEntry> Entries)
{
    /// <summary>The arms on which a feature stands that is shown once per runtime and wire: each wire's first arm in the registry's order.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="passedOver">Arms that stand for their wire only where it has no other.</param>
    public IEnumerable<string> FirstArms(Runtime runtime, ImmutableArray<string> passedOver) => runtime.Arms
        .Select(arm => Entries.FirstOrDefault(entry => entry.Runtime == runtime.Name && entry.Arm.Value == arm.Provider))
        .OfType<WireEntry>()
        .OrderBy(entry => passedOver.Contains(entry.Arm.Value))
        .DistinctBy(entry => entry.Wire)
        .Select(entry => entry.Arm.Value);

    /// <summary>Where the table and the registry disagree: an arm without a wire would have no fault shown on it.</summary>
    public void Check(ProviderRegistry registry, IEnumerable<string> arms, ErrorList errors)
    {
        foreach (var (runtime, arm) in registry.Runtimes.SelectMany(runtime => runtime.Arms.Select(arm => (runtime, arm.Provider))).Where(pair => arms.Contains(pair.Provider)))
        {
            if (!Entries.Any(entry => entry.Runtime == runtime.Name && entry.Arm.Value == arm))
            {
                errors.Add(1, 1, $"wires lacks {runtime.Name}/{arm}, which the registry offers: name the protocol that the runtime speaks to it");
            }
        }

        foreach (var entry in Entries.Where(entry => registry.FindRuntime(entry.Runtime)?.FindArm(entry.Arm.Value) is null))
        {
            errors.Add(entry.Arm.Line, entry.Arm.Column, $"wires names {entry.Runtime}/{entry.Arm.Value}, which the registry does not offer");
        }
    }
}

/// <summary>The protocol that a runtime speaks to an arm.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Wire">A name such as <c>messages</c>, <c>responses</c>, <c>chat</c>.</param>
/// <param name="Arm">The arm.</param>
internal sealed record WireEntry(string Runtime, string Wire, Placed<string> Arm);
