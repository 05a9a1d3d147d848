using System.Reflection;
using Aspire.Hosting;
using Molecule.Coverage.Ledger;

namespace Molecule.E2E.Tests.Session;

/// <summary>Which Aspire engine this build has, read off the assembly that defines DistributedApplication.</summary>
internal static class AspireEngine
{
    public static GraphEngine OfThisBuild()
    {
        var assembly = typeof(DistributedApplication).Assembly;
        var isOffline = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Any(static a => a is { Key: "AspireEngine", Value: "offline" });
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
        return isOffline
            ? new GraphEngine($"Molecule.AspireOffline (API {version})", GraphKind.Offline)
            : new GraphEngine($"Aspire {version}", GraphKind.Real);
    }
}
