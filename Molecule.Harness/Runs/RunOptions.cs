using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;
using Molecule.Harness.Keys;
using Molecule.Harness.Live;

namespace Molecule.Harness.Runs;

/// <summary>A run as the launcher or <c>dotnet test</c> was asked for it (design.md 7).</summary>
/// <param name="RunId">The run's id.</param>
/// <param name="Request">What it shall cover.</param>
/// <param name="Ledger">Where the ledger is written; null for the default below artifacts/.</param>
public sealed record RunOptions(string RunId, RunRequest Request, string? Ledger)
{
    /// <summary>Reads the MOLECULE_* variables.</summary>
    /// <param name="variable">Looks a variable up.</param>
    /// <param name="freshId">Names a run that was not named.</param>
    /// <param name="capabilities">What the machine has.</param>
    /// <exception cref="RunRequestException">The mode or the shard is ill-formed.</exception>
    public static RunOptions FromEnvironment(Func<string, string?> variable, Func<string> freshId, params ImmutableArray<string> capabilities)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(freshId);
        return new RunOptions(
            variable(RunEnvironment.Run) is { Length: > 0 } run ? run : freshId(),
            RunVariables.Read(variable, capabilities, []),
            variable(RunVariables.Ledger) is { Length: > 0 } ledger ? ledger : null);
    }

    /// <summary>The live keys that a run so asked for may use; none for a run of the fakes.</summary>
    /// <exception cref="KeySourceException">A source of keys cannot be read.</exception>
    public Task<LiveKeys> ReadKeysAsync(Repository repository, Func<string, string?> environment, TimeProvider clock, CancellationToken cancellationToken) =>
        Request.Mode is RunMode.Mock
            ? Task.FromResult(LiveKeys.None)
            : LiveKeys.OfThisMachineAsync(environment, [.. CellRun.LiveCredentialsOf(repository, clock).Where(LiveArms.Take)], cancellationToken);

    /// <summary>The same options on a machine with these live keys.</summary>
    public RunOptions With(LiveKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return this with { Request = Request with { Credentials = keys.Names } };
    }

    /// <summary>The same options as variables, for a test process.</summary>
    public ImmutableDictionary<string, string> ToEnvironment()
    {
        var filter = Request.Filter ?? CellFilter.None;
        return new Dictionary<string, string?>
        {
            [RunEnvironment.Run] = RunId,
            [RunVariables.Mode] = Request.Mode.ToString().ToLowerInvariant(),
            [RunVariables.Ledger] = Ledger,
            [RunVariables.Runtimes] = string.Join(',', filter.Runtimes),
            [RunVariables.Arms] = string.Join(',', filter.Arms),
            [RunVariables.Features] = string.Join(',', filter.Features),
            [RunVariables.Shard] = filter.Shard?.ToString(),
            [RunVariables.Require] = string.Join(',', Request.Require),
            [ControlPlaneChoice.Variable] = Request.ControlPlane,
        }.ToImmutableDictionary(static v => v.Key, static v => v.Value ?? "");
    }
}
