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
    private const string Loopback = "127.0.0.1";

    private static readonly ImmutableHashSet<string> Handed = ["PATH", "LANG", RunEnvironment.Run, RunEnvironment.Engines, RunEnvironment.WorkspaceAddress];
    private static readonly ImmutableArray<string> HandedPrefixes = ["DOTNET_", "OTEL_", Runtimes];

    // An image has programs, a runtime and paths of its own.
    private static readonly ImmutableHashSet<string> HandedToImages = [RunEnvironment.Run, RunEnvironment.WorkspaceAddress];
    private static readonly ImmutableArray<string> HandedToImagesPrefixes = ["OTEL_"];

    // Which program a runtime is, where it is not an installed one. The graph's to say: a workspace's secret of that name is dropped.
    private const string Runtimes = "Molecule__Runtimes__";

    /// <summary>Works the environment of a process out.</summary>
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
        var result = Of(request, folders, nodeEnvironment, Handed, HandedPrefixes);
        result["TMPDIR"] = folders.Temporary;
        result["LANG"] = result.GetValueOrDefault("LANG", "C.UTF-8");
        result[RunEnvironment.Lifeline] = lifeline;
        if (screen is not null)
        {
            result["DISPLAY"] = screen.Display;
            result["XAUTHORITY"] = screen.AuthorityFile;
        }

        return result.ToImmutable();
    }

    /// <summary>Works the environment of a container of a runtime's image out: the same names, with what the product's provisioner adds (spec/control-plane.md 5.1).</summary>
    /// <param name="request">What the control plane asks for; its variables cannot replace the node's.</param>
    /// <param name="nodeEnvironment">The node's environment.</param>
    public static ImmutableDictionary<string, string> ForImage(ProvisionRequest request, IReadOnlyDictionary<string, string> nodeEnvironment)
    {
        var result = Of(request, WorkspaceFolders.InContainers, nodeEnvironment, HandedToImages, HandedToImagesPrefixes);
        result["PLUGINS_DIR"] = "/plugins";
        result["PYTHONPATH"] = "/app";

        // It is on this machine's network and would register under this machine's name (spec/runtimes-and-providers.md 1.2).
        result["HOSTNAME"] = "localhost";
        return result.ToImmutable();
    }

    /// <summary>Where a workspace with this environment is reached.</summary>
    public static string AddressIn(ImmutableDictionary<string, string> environment) => environment.GetValueOrDefault(RunEnvironment.WorkspaceAddress, Loopback);

    private static ImmutableDictionary<string, string>.Builder Of(
        ProvisionRequest request, WorkspaceFolders folders, IReadOnlyDictionary<string, string> nodeEnvironment, ImmutableHashSet<string> handed, ImmutableArray<string> prefixes)
    {
        var result = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        result.AddRange(request.Env.Where(static e => !e.Key.StartsWith(Runtimes, StringComparison.Ordinal)));
        foreach (var (name, value) in nodeEnvironment)
        {
            if (handed.Contains(name) || prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)))
            {
                result[name] = value;
            }
        }

        result["HOME"] = folders.Home;
        result["WORKSPACE_ID"] = request.WorkspaceId;
        result["WORKSPACE_CONFIG_PATH"] = folders.Configs;
        result["PLATFORM_URL"] = request.PlatformUrl;
        result["MOLECULE_URL"] = request.PlatformUrl;
        result["TIER"] = request.Tier.ToString(CultureInfo.InvariantCulture);
        result["MOLECULE_RUNTIME"] = request.Runtime;
        result[RunEnvironment.Workspace] = request.WorkspaceId;
        result["OTEL_SERVICE_NAME"] = $"runtime-{request.Runtime}";
        result["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={request.WorkspaceId}";
        return result;
    }
}
