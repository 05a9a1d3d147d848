using System.Collections.Immutable;
using System.Globalization;
using Molecule.Contracts.Provisioning;
using Molecule.Contracts.Runs;

namespace Molecule.Node.Workspaces;

/// <summary>
/// A workspace's whole environment: what the contract names (spec/runtimes-and-providers.md 1.4), what the control plane
/// sent, and of the node's own environment nothing but what a .NET program and its telemetry need. Pure.
/// </summary>
public static class WorkspaceEnvironment
{
    private static readonly ImmutableHashSet<string> Handed = ["PATH", "LANG", RunEnvironment.Run, RunEnvironment.Engines, RunEnvironment.WorkspaceAddress];
    private static readonly ImmutableArray<string> HandedPrefixes = ["DOTNET_", "OTEL_", Runtimes];

    // Which program a runtime is, where it is not an installed one. The graph's to say: a workspace's secret of that name is dropped.
    private const string Runtimes = "Molecule__Runtimes__";

    /// <summary>Works the environment out.</summary>
    /// <param name="request">What the control plane asks for; its variables cannot replace the node's.</param>
    /// <param name="folders">The workspace's folders.</param>
    /// <param name="lifeline">The node's own lifeline.</param>
    /// <param name="nodeEnvironment">The node's environment.</param>
    /// <param name="screen">The workspace's desktop, if it has one.</param>
    public static ImmutableDictionary<string, string> For(
        ProvisionRequest request,
        WorkspaceFolders folders,
        string lifeline,
        IReadOnlyDictionary<string, string> nodeEnvironment,
        Desktops.Screen? screen = null)
    {
        var result = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        result.AddRange(request.Env.Where(static e => !e.Key.StartsWith(Runtimes, StringComparison.Ordinal)));
        foreach (var (name, value) in nodeEnvironment)
        {
            if (Handed.Contains(name) || HandedPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)))
            {
                result[name] = value;
            }
        }

        result["HOME"] = folders.Home;
        result["TMPDIR"] = folders.Temporary;
        result["LANG"] = result.GetValueOrDefault("LANG", "C.UTF-8");
        result["WORKSPACE_ID"] = request.WorkspaceId;
        result["WORKSPACE_CONFIG_PATH"] = folders.Configs;
        result["PLATFORM_URL"] = request.PlatformUrl;
        result["MOLECULE_URL"] = request.PlatformUrl;
        result["TIER"] = request.Tier.ToString(CultureInfo.InvariantCulture);
        result["MOLECULE_RUNTIME"] = request.Runtime;
        result[RunEnvironment.Workspace] = request.WorkspaceId;
        result[RunEnvironment.Lifeline] = lifeline;
        result["OTEL_SERVICE_NAME"] = $"runtime-{request.Runtime}";
        result["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={request.WorkspaceId}";
        if (screen is not null)
        {
            result["DISPLAY"] = screen.Display;
            result["XAUTHORITY"] = screen.AuthorityFile;
        }

        return result.ToImmutable();
    }
}
