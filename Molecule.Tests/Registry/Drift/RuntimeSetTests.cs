using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Mirror;

namespace Molecule.Tests.Registry.Drift;

/// <summary>Which runtimes there are: the registry and the programs that drive them say the same.</summary>
public sealed class RuntimeSetTests
{
    public static TheoryData<string> Runtimes => [.. OwnRegistry.Registry.Runtimes.Select(static runtime => runtime.Name)];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void An_offered_runtime_has_an_adapter(string runtime) => Assert.DoesNotContain("is unknown here", Refusal(runtime), StringComparison.Ordinal);

    // spec/control-plane.md 14.3: what the product has removed.
    [Theory]
    [InlineData("crewai")]
    [InlineData("langgraph")]
    [InlineData("gemini-cli")]
    public void A_runtime_that_is_not_offered_has_none(string runtime) => Assert.Contains($"The runtime '{runtime}' is unknown here", Refusal(runtime), StringComparison.Ordinal);

    [Fact]
    public void No_adapter_is_there_for_a_runtime_that_is_not_offered()
    {
        const string marker = "MOLECULE_RUNTIME has to be ";
        var said = Refusal("nobody");
        var known = said[(said.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..].TrimEnd('.').Split([", ", " or "], StringSplitOptions.None);

        Assert.Equal(OwnRegistry.Registry.Runtimes.Select(static runtime => runtime.Name).Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_workspaces_generated_code_is_of_this_registry()
    {
        Assert.Equal(RegistryProjection.Fingerprint, Molecule.Registry.RegistryFingerprint.Of(OwnRegistry.Registry));
        Assert.Equal(RegistryProjection.SchemaVersion, OwnRegistry.Registry.SchemaVersion);
        Assert.Equal(
            OwnRegistry.Registry.Runtimes.Select(static runtime => $"{runtime.Name} {string.Join(' ', runtime.Arms.Select(static arm => arm.Provider))}").Order(StringComparer.Ordinal),
            RegistryProjection.Arms.Select(static one => $"{one.Key} {string.Join(' ', one.Value)}"));
    }

    // Without a program to drive each refuses in its own words; an unknown one says that it is unknown.
    private static string Refusal(string runtime)
    {
        var settings = WorkspaceSettings.Read(ImmutableDictionary.CreateRange<string, string>(StringComparer.Ordinal, [new("WORKSPACE_ID", "w"), new("MOLECULE_RUNTIME", runtime), new("HOME", "/nowhere")]));
        return Assert.Throws<AgentSetupException>(() => new AgentFactory(settings, new OwnChildren(), TimeProvider.System, NullLoggerFactory.Instance).Create()).Message;
    }
}
