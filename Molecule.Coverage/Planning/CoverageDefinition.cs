using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>What coverage.yaml says.</summary>
/// <param name="Runtimes">The matrix's first axis, in the order of the grid.</param>
/// <param name="Arms">The matrix's second axis, in the order of the grid.</param>
/// <param name="Capabilities">What a machine may lack, by name: what it takes to have it.</param>
/// <param name="Features">In the file's order, ids unique.</param>
/// <param name="Exceptions">Pending, known-failing, quarantined and not-applicable entries.</param>
/// <param name="Foreign">What a control plane from outside the graph or a runtime's own image cannot show.</param>
/// <param name="Wires">Which protocol each runtime speaks to each arm.</param>
internal sealed record CoverageDefinition(
    ImmutableArray<Placed<string>> Runtimes,
    ImmutableArray<Placed<string>> Arms,
    ImmutableSortedDictionary<string, string> Capabilities,
    ImmutableArray<Feature> Features,
    ImmutableArray<ExceptionRule> Exceptions,
    ImmutableArray<ForeignRule> Foreign,
    WireTable Wires)
{
    /// <summary>How many starts of a runtime's workspaces a run may take at most, for those runtimes whose start is dear.</summary>
    public ImmutableSortedDictionary<string, int> Boots { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>The arms that take no key of a user's in live mode.</summary>
    public ImmutableArray<string> WithoutLiveKey { get; init; } = [];
}

/// <summary>A value and where it stands in its file, both from 1.</summary>
internal sealed record Placed<T>(T Value, int Line, int Column);

/// <summary>Something that is proven on cells.</summary>
/// <param name="Id">Kebab-case.</param>
/// <param name="HasRuntime">Whether it stands once per runtime.</param>
/// <param name="HasArm">Whether it stands once per arm.</param>
/// <param name="Pairs">Legal or refused pairs, where it has both axes.</param>
/// <param name="OncePerWire">The modes in which it stands on a runtime's first arm of each wire only.</param>
/// <param name="Modes">At least one.</param>
/// <param name="Emulated">See <see cref="EmulatedPolicy"/>.</param>
/// <param name="Capability">What a machine needs for it beside a credential.</param>
internal sealed record Feature(string Id, bool HasRuntime, bool HasArm, PairKind Pairs, ImmutableArray<CellMode> OncePerWire, ImmutableArray<CellMode> Modes, EmulatedPolicy Emulated, string? Capability)
{
    /// <summary>Whether it leaves out the arms that the control plane itself serves: on the others a user brings a key.</summary>
    public bool IsForOwnKeysOnly { get; init; }

    /// <summary>Whether its cells show a refusal, not a turn.</summary>
    public bool ShowsRefusal { get; init; }

    /// <summary>For one that is of no arm and stands on one all the same: whose key its live cells take.</summary>
    public string? KeyOf { get; init; }
}

/// <summary>A written exception from the rule that a cell runs and gates.</summary>
internal sealed record ExceptionRule(Placed<CellPattern> Cells, Disposition Disposition, WrittenEntry Entry);

/// <summary>What a control plane of some kinds, or a runtime that is an image, cannot show, and why.</summary>
internal sealed record ForeignRule(Placed<CellPattern> Cells, ImmutableArray<string> On, string Reason)
{
    /// <summary>The kind of a runtime that is an image.</summary>
    public const string Image = "image";

    /// <summary>Whether it speaks of a cell whose runtime is one of these images; a cell of no runtime is of all of them.</summary>
    public bool Excepts(CellId cell, ImmutableArray<string> images) =>
        On.Contains(Image) && images.Any(runtime => cell.Runtime is null || cell.Runtime == runtime) && Cells.Value.Matches(cell);

    /// <summary>Whether it speaks of a cell under a choice of control plane such as <c>url:http://localhost:8080</c>.</summary>
    public bool Excepts(CellId cell, string controlPlane) =>
        On.Any(kind => controlPlane.StartsWith(kind + ":", StringComparison.Ordinal)) && Cells.Value.Matches(cell);
}
