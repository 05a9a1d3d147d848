using Molecule.Contracts.Runs;

namespace Molecule.Tests.Workspace;

/// <summary>The real CLIs of this machine: the manifest named by MOLECULE_ENGINES.</summary>
public static class InstalledEngines
{
    public static string Manifest =>
        Environment.GetEnvironmentVariable(RunEnvironment.Engines)
        ?? throw new InvalidOperationException($"{RunEnvironment.Engines} is not set: it has to name the manifest of installed runtimes.");
}
