using System.Collections.Immutable;
using Molecule.Contracts.Desktop;

namespace Molecule.Harness.Desktop;

/// <summary>Whether this machine has what a desktop and its browser test need; <c>./molecule setup</c> installs it.</summary>
public static class DesktopCapability
{
    /// <summary>Its name (coverage.yaml).</summary>
    public const string Name = "desktop";

    /// <summary>The capability, or nothing.</summary>
    public static ImmutableArray<string> OfThisMachine() => Of(Environment.GetEnvironmentVariable("PATH"), File.Exists);

    /// <summary>That of a machine with these folders in its path.</summary>
    public static ImmutableArray<string> Of(string? path, Func<string, bool> exists) => DesktopPrograms.Missing(DesktopPrograms.All, path, exists).IsEmpty ? [Name] : [];
}
