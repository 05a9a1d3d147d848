using System.Text.Json.Nodes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.A2A;

/// <summary>The workspace's A2A agent card, with the state of its configuration (spec/runtimes-and-providers.md 1.1, 1.5).</summary>
public sealed class AgentCard(WorkspaceSettings settings, AgentSlot slot, AdvertisedAddress address)
{
    public JsonObject ToJson()
    {
        var card = new JsonObject
        {
            ["name"] = settings.Id,
            ["description"] = $"A workspace that runs {(settings.Runtime.Length > 0 ? settings.Runtime : "no runtime")}.",
            ["url"] = address.Url,
            ["version"] = "0.1.0",
            ["protocolVersion"] = "0.3.0",
            ["capabilities"] = new JsonObject { ["streaming"] = true, ["pushNotifications"] = false },
            ["defaultInputModes"] = new JsonArray("text/plain"),
            ["defaultOutputModes"] = new JsonArray("text/plain"),
            ["skills"] = new JsonArray(),
            ["runtime"] = settings.Runtime,
            ["configuration_status"] = slot.Status,
        };
        if (slot.Ready is null && !slot.IsBeingReplaced)
        {
            card["configuration_error"] = slot.Reason;
        }

        return card;
    }
}
