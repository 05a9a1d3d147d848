using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;

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
    /// <exception cref="RunRequestException">The mode or the shard is ill-formed.</exception>
    public static RunOptions FromEnvironment(Func<string, string?> variable, Func<string> freshId)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(freshId);
        return new RunOptions(
            variable(RunEnvironment.Run) is { Length: > 0 } run ? run : freshId(),
            RunVariables.Read(variable, [], []),
            variable(RunVariables.Ledger) is { Length: > 0 } ledger ? ledger : null);
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
        }.ToImmutableDictionary(static v => v.Key, static v => v.Value ?? "");
    }
}
