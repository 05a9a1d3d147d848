using System.Collections.Immutable;
using Molecule.Registry;

namespace Molecule.Coverage.Planning;

/// <summary>A cell that coverage.yaml and the registry make, before any run is asked for.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Feature">What it proves.</param>
/// <param name="Credentials">The live credentials any one of which it needs; empty in mock mode.</param>
/// <param name="Lane">Cells of one lane share a workspace, so they stay in one shard.</param>
internal sealed record UniverseCell(CellId Id, Feature Feature, ImmutableArray<string> Credentials, int Lane);

/// <summary>Coverage.yaml x registry: every cell of both modes, in the order features, runtimes, arms, modes.</summary>
internal sealed class CellUniverse
{
    private readonly CoverageDefinition _coverage;
    private readonly ProviderRegistry _registry;
    private readonly ImmutableDictionary<string, Runtime> _runtimes;

    private CellUniverse(CoverageDefinition coverage, ProviderRegistry registry)
    {
        _coverage = coverage;
        _registry = registry;
        _runtimes = registry.Runtimes.ToImmutableDictionary(runtime => runtime.Name);
    }

    public static ImmutableArray<UniverseCell> Of(CoverageDefinition coverage, ProviderRegistry registry)
    {
        var universe = new CellUniverse(coverage, registry);
        var lanes = new Dictionary<string, int>();
        return
        [
            .. from feature in coverage.Features
               from place in universe.PlacesOf(feature)
               from mode in feature.Modes
               where !feature.OncePerWire.Contains(mode) || universe.IsFirstOfItsWire(place.Runtime!, place.Arm!, mode)
               let id = new CellId(place.Runtime, place.Arm, feature.Id, mode)
               select new UniverseCell(id, feature, mode is CellMode.Live ? universe.CredentialsOf(place.Runtime, place.Arm ?? feature.KeyOf) : [], LaneOf(id)),
        ];

        int LaneOf(CellId id)
        {
            var key = id.Runtime is null && id.Arm is null ? id.Feature : $"{id.Runtime}/{id.Arm}";
            return lanes.TryGetValue(key, out var lane) ? lane : lanes[key] = lanes.Count;
        }
    }

    /// <summary>Pairs that the registry offers and the matrix does not name, as <c>runtime/arm</c>.</summary>
    public static ImmutableArray<string> OutsideTheMatrix(CoverageDefinition coverage, ProviderRegistry registry) =>
    [
        .. from runtime in registry.Runtimes
           from arm in runtime.Arms
           where !coverage.Runtimes.Any(name => name.Value == runtime.Name) || !coverage.Arms.Any(name => name.Value == arm.Provider)
           select $"{runtime.Name}/{arm.Provider}",
    ];

    private IEnumerable<(string? Runtime, string? Arm)> PlacesOf(Feature feature) => (feature.HasRuntime, feature.HasArm) switch
    {
        (true, true) => from runtime in _coverage.Runtimes
                        from arm in _coverage.Arms
                        where IsLegal(runtime.Value, arm.Value) == feature.Pairs is PairKind.Legal
                        where !feature.IsForOwnKeysOnly || _registry.FindProvider(arm.Value)?.IsServedByControlPlane is false
                        select ((string?)runtime.Value, (string?)arm.Value),
        (true, false) => _coverage.Runtimes.Where(runtime => _runtimes.ContainsKey(runtime.Value)).Select(runtime => ((string?)runtime.Value, (string?)null)),
        (false, true) => _coverage.Arms.Where(arm => _runtimes.Keys.Any(runtime => IsLegal(runtime, arm.Value))).Select(arm => ((string?)null, (string?)arm.Value)),
        _ => [(null, null)],
    };

    private bool IsFirstOfItsWire(string runtime, string arm, CellMode mode) =>
        _coverage.Wires.FirstArms(_runtimes[runtime], mode is CellMode.Live ? _coverage.WithoutLiveKey : []).Contains(arm);

    private bool IsLegal(string runtime, string arm) => _runtimes.GetValueOrDefault(runtime)?.FindArm(arm) is not null;

    /// <summary>
    /// <c>E2E_</c> and the arm's own (first) auth_env. Its further names are alternatives inside a workspace, some of them
    /// another vendor's: one of those would be the wrong key. A cell of no arm takes any that has a live key.
    /// </summary>
    private ImmutableArray<string> CredentialsOf(string? runtime, string? arm)
    {
        var arms = arm is not null ? [arm] : _coverage.Arms.Select(name => name.Value).Where(name => (runtime is null || IsLegal(runtime, name)) && !_coverage.WithoutLiveKey.Contains(name));
        return [.. arms.Select(name => _registry.FindProvider(name)?.AuthEnv).Where(env => env is { IsEmpty: false }).Select(env => $"E2E_{env!.Value[0]}").Distinct()];
    }
}
