using System.Collections.Immutable;
using Molecule.Contracts.Runs;

namespace Molecule.Workspace.Agents;

/// <summary>
/// What of a workspace's environment its agent program gets: the user's own secrets yes, the workspace's machinery and every
/// variable by which the program would choose another endpoint or credential no. The arm puts back what it needs.
/// </summary>
public static class AgentEnvironment
{
    // Our own services' machinery. MOLECULE_LLM_* are the platform's credentials: a BYOK agent must never see them (spec 3.8).
    private static readonly ImmutableArray<string> Machinery =
        ["DOTNET_", "ASPNETCORE_", "OTEL_", "MOLECULE_", "Molecule__", "Logging__", "WORKSPACE_", "COMPlus_"];

    private static readonly ImmutableHashSet<string> Names = ImmutableHashSet.Create(
        "PLATFORM_URL", "MODEL", "MODEL_PROVIDER", "LLM_PROVIDER", "IS_SANDBOX", "PWD", "OLDPWD", "_", "SHLVL");

    /// <summary>The environment without the machinery and without the variables that begin with one of the prefixes.</summary>
    public static ImmutableDictionary<string, string> Without(ImmutableDictionary<string, string> environment, params ReadOnlySpan<string> prefixes)
    {
        var kept = environment.ToBuilder();
        foreach (var name in environment.Keys)
        {
            if (Names.Contains(name) || Machinery.Any(p => name.StartsWith(p, StringComparison.Ordinal)) || StartsWithAny(name, prefixes))
            {
                kept.Remove(name);
            }
        }

        // The marks by which the node and the run's reaper find every process of this workspace.
        foreach (var mark in (ReadOnlySpan<string>)[RunEnvironment.Run, RunEnvironment.Workspace])
        {
            if (environment.TryGetValue(mark, out var value))
            {
                kept[mark] = value;
            }
        }

        return kept.ToImmutable();
    }

    private static bool StartsWithAny(string name, ReadOnlySpan<string> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
