using System.Globalization;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Delegations;

/// <summary>One delegation that has ended (spec/control-plane.md 3.3, GET /workspaces/:id/delegations).</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedAt">When the platform wrote it down.</param>
/// <param name="Failed">Whether it failed.</param>
/// <param name="Sentence">What the agent is told.</param>
public sealed record DelegationResult(string Id, DateTimeOffset CreatedAt, bool Failed, string Sentence)
{
    /// <summary>The ended delegations that this workspace has given; what else stands in the list is passed over.</summary>
    /// <exception cref="System.Text.Json.JsonException">The list is no JSON.</exception>
    public static IEnumerable<DelegationResult> Read(string list, string workspace)
    {
        foreach (var item in (JsonNode.Parse(list) as JsonArray ?? []).OfType<JsonObject>())
        {
            var status = Text(item, "status");
            if (Text(item, "source_id") != workspace || status is not ("completed" or "failed" or "error" or "timeout" or "cancelled"))
            {
                continue;
            }

            var id = Text(item, "delegation_id") is { Length: > 0 } named ? named : Text(item, "id");
            var failed = status is not "completed";
            var said = Text(item, failed ? "error" : "response_preview");
            _ = DateTimeOffset.TryParse(Text(item, "created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created);
            yield return new DelegationResult(id, created, failed, $"Delegation {id} to {Text(item, "target_id")}: {status}{(said.Length > 0 ? ": " + said : "")}");
        }
    }

    private static string Text(JsonObject item, string name) => item[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
