using System.Reflection;

namespace Aspire.Hosting;

/// <summary>What the build has written into assemblies.</summary>
internal static class AssemblyFacts
{
    public static string Api { get; } = Find(typeof(AssemblyFacts).Assembly, "AspireApi") ?? "unknown";

    public static string? AppHostDirectory(Assembly? appHost) =>
        Find(appHost, "apphostprojectpath") is { } folder && Directory.Exists(folder) ? folder : null;

    /// <summary>The program that a referenced project was built to; null for a project the AppHost does not reference.</summary>
    public static string? ProgramOf(Assembly? appHost, string projectPath) => Find(appHost, $"aspireprogram:{Path.GetFullPath(projectPath)}");

    public static string? Find(Assembly? assembly, string key) => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(m => string.Equals(m.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}

/// <summary>The AppHost as the engine's services see it.</summary>
internal sealed class AppHostIdentity(IDistributedApplicationBuilder builder)
{
    public Assembly? Assembly { get; } = builder.AppHostAssembly;

    public string Directory { get; } = builder.AppHostDirectory;
}
