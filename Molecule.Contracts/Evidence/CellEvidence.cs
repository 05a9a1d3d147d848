using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Molecule.Contracts.Journal;

namespace Molecule.Contracts.Evidence;

/// <summary>What one executed cell leaves behind.</summary>
/// <param name="Answer">The reply's text (serving), or the refusal's status and code.</param>
/// <param name="Requests">Every request of the cell, in the order in which they arrived.</param>
/// <param name="Activity">Id of the activity row.</param>
/// <param name="Trace">W3C trace id of the turn.</param>
/// <param name="TurnMs">Wall milliseconds from send to reply.</param>
/// <param name="Tokens">What the runtime reported for the turn.</param>
public sealed record CellEvidence(
    string Answer,
    ImmutableArray<RequestEvidence> Requests,
    string? Activity,
    string? Trace,
    long TurnMs,
    TokenCount? Tokens)
{
    /// <summary>What the plan of faults drew for the cell: <c>stream-cut, times 1, after 4 frames</c>; null where nothing went wrong on purpose.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fault { get; init; }
}

/// <summary>One request as it stands in coverage.json.</summary>
public sealed record RequestEvidence(Hop Hop, string Fake, string Method, string Path, string Auth, string? Model, int Status);

/// <summary>Which leg of the way a request was.</summary>
public enum Hop
{
    /// <summary>The agent to the arm's endpoint.</summary>
    Direct,

    /// <summary>The agent to the control plane's LLM proxy.</summary>
    Proxy,

    /// <summary>The control plane to the vendor, on the agent's behalf.</summary>
    Upstream,
}
