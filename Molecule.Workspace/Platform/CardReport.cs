using System.Text.Json.Nodes;

namespace Molecule.Workspace.Platform;

/// <summary>Keeps the platform's copy of the agent card like ours: one call when it has changed, again until it was taken.</summary>
/// <param name="platform">Where it is kept.</param>
/// <param name="registered">The card that was registered.</param>
public sealed class CardReport(PlatformClient platform, JsonObject registered)
{
    private JsonObject _told = registered;

    /// <exception cref="HttpRequestException">The platform cannot be reached.</exception>
    /// <exception cref="TimeoutException">The platform did not answer.</exception>
    public async Task SendIfChangedAsync(JsonObject card, CancellationToken cancellationToken)
    {
        if (!JsonNode.DeepEquals(card, _told) && (int)await platform.UpdateCardAsync(card, cancellationToken).ConfigureAwait(false) < 400)
        {
            _told = card;
        }
    }
}
