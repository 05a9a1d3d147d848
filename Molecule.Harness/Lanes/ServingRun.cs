using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Clients;

namespace Molecule.Harness.Lanes;

/// <summary>Everything that was seen of one serving turn, before anybody judges it.</summary>
/// <param name="Lane">Whose turn it was.</param>
/// <param name="Words">The words of the turn.</param>
/// <param name="Model">The model id asked for at create.</param>
/// <param name="Created">What create answered.</param>
/// <param name="Reply">What the turn answered.</param>
/// <param name="Requests">Every request that the lane caused, background calls included, in the order of arrival.</param>
/// <param name="Controls">What the arm's fake answered to the negative controls.</param>
/// <param name="Activity">The turn's activity row.</param>
/// <param name="After">The workspace after the turn.</param>
/// <param name="Decoy">Fingerprint of a credential that the arm must never use; null where the lane has none.</param>
/// <param name="Credential">Fingerprint of the lane's own credential; null for the platform arm, whose token the control plane mints.</param>
/// <param name="TraceId">The W3C trace id that the turn was sent with.</param>
/// <param name="Engine">The attested engine; null where no request of the turn came from a locked program.</param>
/// <param name="EngineDoubt">Why <paramref name="Engine"/> is null.</param>
/// <param name="Diagnosis">The workspace's last activity, its requests and the end of its log, for the message of a failed judgement.</param>
public sealed record ServingRun(
    LaneKey Lane,
    WordPair Words,
    string Model,
    CreateOutcome Created,
    TurnReply Reply,
    ImmutableArray<SeenRequest> Requests,
    ImmutableArray<ControlOutcome> Controls,
    ActivityRow Activity,
    WorkspaceView After,
    string? Decoy,
    string? Credential,
    string TraceId,
    EngineIdentity? Engine,
    string? EngineDoubt,
    string Diagnosis)
{
    /// <summary>Whose endpoint the turn reached: what stands in our fakes' journal reached our fakes.</summary>
    public ReachedMode? Reached => Requests.Any(r => r.Hop is not Hop.Proxy && Words.StandsIn(r.Entry.Prompt)) ? ReachedMode.Mock : null;
}

/// <summary>A journaled request and the leg of the way that it was.</summary>
public sealed record SeenRequest(Hop Hop, JournalEntry Entry);

/// <summary>A request that the arm's fake had to refuse, and what it answered.</summary>
/// <param name="Name">What was wrong with it: <c>wrong header</c>, <c>wrong path</c>, <c>wrong model</c>, <c>unknown credential</c>.</param>
/// <param name="Status">The status answered.</param>
public sealed record ControlOutcome(string Name, int Status);
