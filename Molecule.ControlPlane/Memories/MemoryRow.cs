using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Memories;

/// <summary>One memory of an agent (spec/control-plane.md 3.5).</summary>
public sealed record MemoryRow
{
    public const string Global = "GLOBAL";

    private const string Mark = "[MEMORY ";

    public Guid Id { get; init; }

    public Guid WorkspaceId { get; init; }

    public required string Content { get; init; }

    public required string Scope { get; init; }

    public required string Namespace { get; init; }

    public DateTime CreatedAt { get; init; }

    /// <summary>What is kept of a text: no credential, and nothing that reads like the mark of somebody's global memory (9.2).</summary>
    public static string Keep(string content)
    {
        var text = MemoryRedaction.Redact(content);
        return text.StartsWith(Mark, StringComparison.Ordinal) ? "\\" + text : text;
    }

    public WireMap ToItem() => new()
    {
        ["id"] = Id,
        ["workspace_id"] = WorkspaceId,

        // Read by workspaces that did not write it: it must say whose word it is (9.2).
        ["content"] = Scope == Global ? $"{Mark}id={Id} scope={Global} from={WorkspaceId}]: {Content}" : Content,
        ["scope"] = Scope,
        ["namespace"] = Namespace,
        ["created_at"] = CreatedAt,
    };
}
