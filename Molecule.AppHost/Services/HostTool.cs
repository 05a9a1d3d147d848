using Molecule.HostTools.Installing;

namespace Molecule.AppHost.Services;

/// <summary>How Molecule.HostTools is started: by the dotnet that runs this program.</summary>
public static class HostTool
{
    public static string Command => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    public static string Program => typeof(PackageInstaller).Assembly.Location;
}
