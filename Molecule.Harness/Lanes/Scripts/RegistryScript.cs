using System.Collections.Immutable;
using Molecule.Harness.Clients;
using Molecule.Harness.Registries;
using Molecule.Registry.Mirror;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One turn, and of the parts that served it which registry they run on.</summary>
/// <param name="controlPlane">Is asked, and knows where the workspace is.</param>
/// <param name="http">Asks the workspace.</param>
public sealed class RegistryScript(ControlPlaneClient controlPlane, HttpClient http) : ILaneScript
{
    public string Feature => "registry-fingerprint";

    public bool IsOfATemplate => true;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();
        var turn = await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false);
        var workspace = await controlPlane.FindAsync(lane.Workspace, cancellationToken).ConfigureAwait(false)
            ?? throw new LaneException($"{lane.Key}: workspace {lane.Workspace} is not in the list, so that nobody can ask it for its registry");
        using var answer = await http.GetAsync(new Uri(new Uri(workspace.Url), ReportedRegistry.Path), cancellationToken).ConfigureAwait(false);
        var seen = new SeenRegistries(
            await controlPlane.RegistryAsync(cancellationToken).ConfigureAwait(false),
            await ControlPlaneClient.ReadRegistryAsync(answer, cancellationToken).ConfigureAwait(false),
            await controlPlane.MenuAsync(lane.Key.Runtime, cancellationToken).ConfigureAwait(false));
        return [turn with { Registries = seen }];
    }
}
