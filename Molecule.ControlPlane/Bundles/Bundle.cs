using System.Collections.Immutable;
using System.Text.Json;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Bundles;

/// <summary>A workspace and those below it, to be carried elsewhere (spec/control-plane.md 9.4). No secret is part of it.</summary>
public sealed record Bundle
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>The role.</summary>
    public string? Description { get; init; }

    public int Tier { get; init; }

    public string? Model { get; init; }

    /// <summary>Ours, additive: without it a bundle would come back as another runtime.</summary>
    public string? Runtime { get; init; }

    public ImmutableArray<Bundle> SubWorkspaces { get; init; }

    /// <summary>The bundle of a row, as it is exported.</summary>
    public static WireMap Of(WorkspaceRow row, IEnumerable<WireMap> children)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new WireMap
        {
            ["schema"] = "1.0",
            ["id"] = row.Id,
            ["name"] = row.Name,
            ["description"] = row.Role ?? "",
            ["tier"] = row.Tier,
            ["model"] = row.Model ?? "",
            ["runtime"] = row.Runtime,
            ["system_prompt"] = "",
            ["skills"] = Array.Empty<object>(),
            ["tools"] = Array.Empty<object>(),
            ["prompts"] = new WireMap(),
            ["sub_workspaces"] = children.ToArray(),
            ["agent_card"] = row.AgentCard is null ? null : JsonElement.Parse(row.AgentCard),
            ["author"] = "",
            ["version"] = "1.0.0",
        };
    }

    /// <summary>The create that it amounts to.</summary>
    /// <param name="parent">The parent's new id.</param>
    public CreateRequest ToRequest(Guid? parent) => new()
    {
        Name = Name,
        Role = string.IsNullOrEmpty(Description) ? null : Description,
        Tier = Tier,
        Model = Model,
        Runtime = Runtime,
        ParentId = parent?.ToString(),
    };

    /// <summary>The error of the first wrong bundle in the tree; null where all are right.</summary>
    public string? Problem(int depth = 0) =>
        depth > 32 ? "invalid bundle"
        : ToRequest(null).Problem() is not null ? "invalid bundle"
        : Children.Select(child => child is null ? "invalid bundle" : child.Problem(depth + 1)).FirstOrDefault(static problem => problem is not null);

    /// <summary>Those below it.</summary>
    public ImmutableArray<Bundle> Children => SubWorkspaces.IsDefault ? [] : SubWorkspaces;
}
