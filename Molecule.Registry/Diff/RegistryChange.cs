using System.Collections.Immutable;

namespace Molecule.Registry.Diff;

/// <summary>In what two registries differ.</summary>
public enum ChangeKind
{
    /// <summary>A provider that the older one lacks.</summary>
    ProviderAdded,

    /// <summary>A provider that the newer one lacks.</summary>
    ProviderRemoved,

    /// <summary>A key of a provider has another value.</summary>
    FieldChanged,

    /// <summary>The same providers in another order.</summary>
    ProvidersReordered,

    /// <summary>A runtime that the older one lacks.</summary>
    RuntimeAdded,

    /// <summary>A runtime that the newer one lacks.</summary>
    RuntimeRemoved,

    /// <summary>An arm of a runtime that the older one lacks.</summary>
    ArmAdded,

    /// <summary>An arm of a runtime that the newer one lacks.</summary>
    ArmRemoved,

    /// <summary>The same arms in another order, which decides between arms that offer one id (spec 4.4).</summary>
    ArmsReordered,

    /// <summary>A model that may be chosen now.</summary>
    ModelAdded,

    /// <summary>A model that is neither offered nor owned by the arm any more.</summary>
    ModelRemoved,

    /// <summary>A model that may not be chosen any more and is still owned (spec 4.3).</summary>
    ModelWithdrawn,

    /// <summary>A withdrawn model that may be chosen again.</summary>
    ModelRestored,

    /// <summary>The same models in another order; the first one is what an arm's cells ask for.</summary>
    ModelsReordered,

    /// <summary>A model that another arm owns now: another party pays.</summary>
    PayerChanged,
}

/// <summary>What a change does to a pair of runtime and arm.</summary>
public enum PairFate
{
    /// <summary>It has become legal.</summary>
    Gained,

    /// <summary>It is legal no more.</summary>
    Lost,

    /// <summary>It is legal as before, and its cells are about something else.</summary>
    Changed,
}

/// <summary>A pair and its fate.</summary>
public sealed record PairEffect(string Runtime, string Arm, PairFate Fate)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Runtime}/{Arm}";
}

/// <summary>One difference.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Runtime">Null where it is a provider's.</param>
/// <param name="Provider">Null where it is of a whole runtime or of the whole file.</param>
/// <param name="Subject">The key or the model; null where there is none.</param>
/// <param name="Before">The older value, null where there was none.</param>
/// <param name="After">The newer value, null where there is none.</param>
/// <param name="Effects">What it does to the matrix; empty = nothing.</param>
public sealed record RegistryChange(
    ChangeKind Kind, string? Runtime, string? Provider, string? Subject, string? Before, string? After, ImmutableArray<PairEffect> Effects)
{
    /// <summary>One line that names provider, field and values.</summary>
    public string Describe() => Kind switch
    {
        ChangeKind.ProviderAdded => $"provider '{Provider}' was added",
        ChangeKind.ProviderRemoved => $"provider '{Provider}' was removed",
        ChangeKind.FieldChanged => $"provider '{Provider}': {Subject} was {Said(Before)} and is {Said(After)}",
        ChangeKind.ProvidersReordered => $"the providers stand in another order: was {Before}, is {After}",
        ChangeKind.RuntimeAdded => $"runtime '{Runtime}' was added",
        ChangeKind.RuntimeRemoved => $"runtime '{Runtime}' was removed",
        ChangeKind.ArmAdded => $"runtime '{Runtime}': arm '{Provider}' was added",
        ChangeKind.ArmRemoved => $"runtime '{Runtime}': arm '{Provider}' was removed",
        ChangeKind.ArmsReordered => $"runtime '{Runtime}': the arms stand in another order: was {Before}, is {After}",
        ChangeKind.ModelAdded => $"{Arm}: model '{Subject}' was added",
        ChangeKind.ModelRemoved => $"{Arm}: model '{Subject}' was removed",
        ChangeKind.ModelWithdrawn => $"{Arm}: model '{Subject}' was withdrawn",
        ChangeKind.ModelRestored => $"{Arm}: model '{Subject}' was withdrawn and is offered again",
        ChangeKind.ModelsReordered => $"{Arm}: the models stand in another order: was {Before}, is {After}",
        ChangeKind.PayerChanged => $"runtime '{Runtime}': payer changed: model '{Subject}' was paid by '{Before}' and is paid by '{After}'",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "no such kind of change"),
    };

    private string Arm => $"runtime '{Runtime}', arm '{Provider}'";

    private static string Said(string? value) => value is null ? "not set" : $"'{value}'";
}
