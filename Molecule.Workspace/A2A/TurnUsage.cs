using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.A2A;

/// <summary>A turn's tokens where the control plane looks for them (spec/control-plane.md 6.4).</summary>
public static class TurnUsage
{
    public static JsonObject? ToJson(TokenCount? tokens) => tokens is null
        ? null
        : new JsonObject { ["input_tokens"] = tokens.Input, ["output_tokens"] = tokens.Output };
}
