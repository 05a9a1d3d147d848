using System.Collections.Immutable;
using System.Text.Json;
using Anthropic.Models;
using Anthropic.Models.Messages;

namespace Molecule.Harness.Drift;

/// <summary>An event of a Messages stream: two kinds of it the SDK takes out before its model of an event is asked, ping and error (https://docs.claude.com/en/docs/build-with-claude/streaming).</summary>
public sealed class AnthropicEvent : IVendorModel
{
    private readonly AnthropicModel _event = AnthropicModel.Of<RawMessageStreamEvent>();
    private readonly AnthropicModel _error = AnthropicModel.Of<ErrorResponse>();

    /// <inheritdoc/>
    public string Name => _event.Name;

    /// <inheritdoc/>
    public ImmutableArray<MemberFinding> Read(JsonElement document) => document.TryGetProperty("type", out var kind) && kind.ValueKind is JsonValueKind.String ? kind.GetString() switch
    {
        "ping" => [.. JsonPaths.Of(document).Keys.Where(static path => path != "type").Select(static path => new MemberFinding(path, MemberFault.Unknown))],
        "error" => _error.Read(document),
        _ => _event.Read(document),
    }
    : [new MemberFinding("type", MemberFault.Missing)];
}
