using System.Reflection;

namespace Molecule.Cli;

/// <summary>Where the programs that the launcher starts were built to.</summary>
internal static class BuiltPrograms
{
    public static string E2E => Path("molecule.e2e.program");

    public static string Fakes => Path("molecule.fakes.program");

    public static string AppHost => Path("molecule.apphost.program");

    private static string Path(string key) =>
        typeof(BuiltPrograms).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value is { } path && File.Exists(path)
            ? path
            : throw new FileNotFoundException($"The launcher's build left no '{key}'. Build the solution again: dotnet build Molecule.sln");
}
