using System.Collections.Immutable;
using Molecule.Contracts.Provisioning;
using Molecule.Node.Workspaces;

namespace Molecule.Tests.Node;

/// <summary>Which program a runtime is travels from the graph's configuration through the node to its workspaces.</summary>
public sealed class ConfiguredRuntimeTests
{
    private const string Command = "Molecule__Runtimes__hermes__Command";

    [Fact]
    public void The_nodes_word_reaches_the_workspace_and_a_secrets_does_not()
    {
        Assert.Equal("/opt/hermes", Environment(node: "/opt/hermes", secret: "/tmp/mine")[Command]);
        Assert.False(Environment(node: null, secret: "/tmp/mine").ContainsKey(Command));
    }

    private static ImmutableDictionary<string, string> Environment(string? node, string secret)
    {
        var request = new ProvisionRequest("org-1", "ws-1", "hermes", 2, "http://127.0.0.1:9", ImmutableDictionary<string, string>.Empty.Add(Command, secret));
        return WorkspaceEnvironment.For(
            request,
            new WorkspaceFolders("/c", "/w", "/h", "/t", "/l"),
            "/lifeline",
            node is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [Command] = node });
    }
}
