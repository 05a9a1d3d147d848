using System.Collections.Frozen;
using System.Collections.Immutable;
using Molecule.Registry;

namespace Molecule.Coverage.Planning;

/// <summary>Coverage.yaml, the registry and expected-cells.txt, held together: what any run must account for.</summary>
public sealed class CoveragePlan
{
    private readonly CoverageDefinition _coverage;
    private readonly ImmutableArray<UniverseCell> _universe;
    private readonly ImmutableDictionary<CellId, ExceptionRule> _exceptions;
    private readonly GoldenList? _golden;
    private readonly ExpectationSources _sources;
    private readonly ImmutableArray<GoldenProblem> _goldenProblems;
    private readonly ImmutableArray<string> _outside;

    private CoveragePlan(
        CoverageDefinition coverage,
        ImmutableArray<UniverseCell> universe,
        ImmutableDictionary<CellId, ExceptionRule> exceptions,
        GoldenList? golden,
        ExpectationSources sources,
        ImmutableArray<GoldenProblem> goldenProblems,
        ImmutableArray<string> outside)
    {
        _coverage = coverage;
        _universe = universe;
        _exceptions = exceptions;
        _golden = golden;
        _sources = sources;
        _goldenProblems = goldenProblems;
        _outside = outside;
    }

    /// <summary>Reads the three files.</summary>
    /// <param name="registry">providers.yaml.</param>
    /// <param name="coverage">coverage.yaml.</param>
    /// <param name="golden">expected-cells.txt; null for a foreign registry, whose cells no list of ours can know. Then the matrix and the entries may name what that registry lacks.</param>
    /// <param name="today">UTC; decides which dates are too far ahead.</param>
    /// <param name="earlierGolden">expected-cells.txt as of earlier commits, where there are any to hold it against.</param>
    /// <exception cref="RegistryFormatException">The registry is ill-formed.</exception>
    /// <exception cref="CoverageFormatException">One of the others is, or they contradict each other.</exception>
    public static CoveragePlan Read(PlanFile registry, PlanFile coverage, PlanFile? golden, DateOnly today, params ImmutableArray<PlanFile> earlierGolden)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(coverage);
        var providers = RegistryReader.Read(registry.Text, registry.Name);
        var definition = CoverageReader.Read(coverage, today);
        var universe = CellUniverse.Of(definition, providers);
        var errors = new ErrorList(coverage.Name);
        if (golden is not null)
        {
            CheckMatrix(definition, providers, errors);
        }

        var exceptions = AssignExceptions(definition, universe, isForeign: golden is null, errors);
        errors.ThrowIfAny();

        var list = golden is null ? null : GoldenList.Parse(golden, today);
        ImmutableArray<GoldenProblem> problems = list is null
            ? []
            : [.. list.Compare([.. universe.Select(cell => cell.Id)]), .. earlierGolden.SelectMany(earlier => list.LossesSince(earlier)).DistinctBy(problem => problem.Cell)];
        var sources = new ExpectationSources(RegistryFingerprint.Of(providers), registry.Sha256, coverage.Sha256, golden?.Sha256);
        return new CoveragePlan(definition, universe, exceptions, list, sources, problems, CellUniverse.OutsideTheMatrix(definition, providers));
    }

    /// <summary>Names of every live credential that some cell could use (<c>E2E_...</c>): those that a caller looks for.</summary>
    public ImmutableArray<string> LiveCredentials => [.. _universe.SelectMany(cell => cell.Credentials).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What expected-cells.txt must become, and what it gains and loses by that.</summary>
    /// <param name="removal">The words <c>yyyy-MM-dd OWNER</c> and a reason for the cells that it loses; null where a loss shall not be accepted.</param>
    public GoldenChange ChangeGolden(GoldenRemoval? removal)
    {
        var made = _universe.Select(cell => cell.Id).ToImmutableHashSet();
        var listed = _golden?.Cells ?? FrozenSet<CellId>.Empty;
        var lost = listed.Except(made).OrderBy(cell => cell.ToString(), StringComparer.Ordinal).ToImmutableArray();
        var kept = _golden?.Removed.Where(entry => !made.Contains(entry.Key)).Select(entry => entry.Value) ?? [];
        var added = removal is null ? [] : lost.Select(removal.LineOf);
        return new GoldenChange(
            GoldenList.Render(_universe.Select(cell => cell.Id), kept.Concat(added)),
            [.. _universe.Select(cell => cell.Id).Where(cell => !listed.Contains(cell))],
            lost);
    }

    /// <summary>What a run must account for: all cells of its modes, each with its disposition.</summary>
    /// <exception cref="RunRequestException">The request names a runtime, arm, feature or capability that does not exist, or selects nothing.</exception>
    public Expectation Expect(RunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Check(request);
        var cells = _universe
            .Where(cell => request.Mode is RunMode.Both || (cell.Id.Mode is CellMode.Live) == request.Mode is RunMode.Live)
            .ToImmutableArray();
        if (request.Filter is { } filter && !cells.Any(cell => filter.Names(cell.Id)))
        {
            throw new RunRequestException($"the filter ({filter}) selects no cell of mode {request.Mode.ToString().ToLowerInvariant()}");
        }

        var matrix = new MatrixAxes([.. _coverage.Runtimes.Select(name => name.Value)], [.. _coverage.Arms.Select(name => name.Value)]);
        return new Expectation(request, _sources, matrix, [.. cells.Select(cell => Dispose(cell, request))], _goldenProblems, _outside) { BootBudget = _coverage.Boots };
    }

    private ExpectedCell Dispose(UniverseCell cell, RunRequest request)
    {
        var expected = new ExpectedCell(cell.Id, ExpectedCell.Required, cell.Feature.Pairs, cell.Feature.Emulated, Disposition.Run) { ShowsRefusal = cell.Feature.ShowsRefusal };
        var rule = _exceptions.GetValueOrDefault(cell.Id);
        if (rule is { Disposition: Disposition.NotApplicable })
        {
            return expected with { Disposition = rule.Disposition, Entry = rule.Entry };
        }

        if (request.Filter is { } filter && !IsSelected(cell, filter))
        {
            return expected with { Disposition = Disposition.NotSelected, Reason = "filtered" };
        }

        if (rule is { Disposition: Disposition.Pending })
        {
            return expected with { Disposition = rule.Disposition, Entry = rule.Entry };
        }

        if (FindLack(cell, request) is var (capability, reason))
        {
            return expected with { Disposition = Disposition.Unchecked, Reason = reason, Lacks = capability };
        }

        return rule is null ? expected : expected with { Disposition = rule.Disposition, Entry = rule.Entry };
    }

    private static bool IsSelected(UniverseCell cell, CellFilter filter) =>
        filter.Names(cell.Id) && (filter.Shard is not { } shard || cell.Lane % shard.Count == shard.Index - 1);

    /// <summary>What the machine lacks for a cell; of several, one that is required comes first, since that one is red.</summary>
    private (string Capability, string Reason)? FindLack(UniverseCell cell, RunRequest request)
    {
        var lacks = new List<(string Capability, string Reason)>();
        if (cell.Feature.Capability is { } capability && !request.Capabilities.Contains(capability))
        {
            lacks.Add((capability, $"no-capability: {capability} ({_coverage.Capabilities[capability]})"));
        }

        if (cell.Id.Mode is CellMode.Live && !cell.Credentials.Any(request.Credentials.Contains))
        {
            lacks.Add((RunRequest.Live, $"no-credential: {(cell.Credentials.IsEmpty ? "the registry names none" : string.Join(" or ", cell.Credentials))}"));
        }

        if (request.ControlPlane is { } controlPlane && _coverage.Foreign.FirstOrDefault(rule => rule.Excepts(cell.Id, controlPlane)) is { } foreign)
        {
            lacks.Add((RunRequest.OwnControlPlane, $"SUT: {foreign.Reason}"));
        }

        if (_coverage.Foreign.FirstOrDefault(rule => rule.Excepts(cell.Id, request.Images)) is { } hidden)
        {
            lacks.Add((RunRequest.OwnRuntimes, $"SUT: {hidden.Reason}"));
        }

        return lacks.OrderBy(lack => !request.Requires(lack.Capability)).Select(static lack => ((string, string)?)lack).FirstOrDefault();
    }

    private void Check(RunRequest request)
    {
        var filter = request.Filter ?? CellFilter.None;
        var capabilities = _coverage.Capabilities.Keys.ToImmutableArray();
        Known("runtime", filter.Runtimes, [.. _coverage.Runtimes.Select(name => name.Value)]);
        Known("arm", filter.Arms, [.. _coverage.Arms.Select(name => name.Value)]);
        Known("feature", filter.Features, [.. _coverage.Features.Select(feature => feature.Id)]);
        Known("capability", request.Require, capabilities);
        if (filter.Shard is { } shard && (shard.Index < 1 || shard.Index > shard.Count))
        {
            throw new RunRequestException($"shard '{shard}' must be i/n with 1 <= i <= n");
        }

        static void Known(string what, ImmutableArray<string> values, ImmutableArray<string> known)
        {
            if (values.FirstOrDefault(value => !known.Contains(value)) is { } unknown)
            {
                throw new RunRequestException($"there is no {what} '{unknown}'; known: {string.Join(", ", known)}");
            }
        }
    }

    private static void CheckMatrix(CoverageDefinition coverage, ProviderRegistry registry, ErrorList errors)
    {
        foreach (var runtime in coverage.Runtimes.Where(runtime => registry.FindRuntime(runtime.Value) is null))
        {
            errors.Add(runtime.Line, runtime.Column, $"the registry has no runtime '{runtime.Value}'");
        }

        foreach (var arm in coverage.Arms.Where(arm => registry.FindProvider(arm.Value) is null))
        {
            errors.Add(arm.Line, arm.Column, $"the registry has no provider '{arm.Value}'");
        }

        if (coverage.Features.Any(feature => !feature.OncePerWire.IsEmpty))
        {
            coverage.Wires.Check(registry, [.. coverage.Arms.Select(arm => arm.Value)], errors);
        }
    }

    private static ImmutableDictionary<CellId, ExceptionRule> AssignExceptions(CoverageDefinition coverage, ImmutableArray<UniverseCell> universe, bool isForeign, ErrorList errors)
    {
        var assigned = ImmutableDictionary.CreateBuilder<CellId, ExceptionRule>();
        foreach (var rule in coverage.Exceptions)
        {
            var matches = universe.Where(cell => rule.Cells.Value.Matches(cell.Id)).Select(cell => cell.Id).ToImmutableArray();
            if (matches.IsEmpty && !isForeign)
            {
                errors.Add(rule.Cells.Line, rule.Cells.Column, $"'{rule.Cells.Value}' matches no cell: correct it, or delete its entry");
            }

            foreach (var cell in matches)
            {
                if (!assigned.TryAdd(cell, rule))
                {
                    errors.Add(rule.Cells.Line, rule.Cells.Column, $"'{rule.Cells.Value}' matches {cell}, which the entry in line {assigned[cell].Cells.Line} has already: one entry a cell");
                    break;
                }
            }
        }

        foreach (var rule in coverage.Foreign.Where(rule => !isForeign && !universe.Any(cell => rule.Cells.Value.Matches(cell.Id))))
        {
            errors.Add(rule.Cells.Line, rule.Cells.Column, $"'{rule.Cells.Value}' matches no cell: correct it, or delete its entry");
        }

        return assigned.ToImmutable();
    }
}
