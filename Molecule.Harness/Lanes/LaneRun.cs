using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Clients;
using Molecule.Harness.Live;

namespace Molecule.Harness.Lanes;

/// <summary>Everything that was seen of one lane from create to delete, before anybody judges it.</summary>
/// <param name="Lane">Whose it was.</param>
/// <param name="Model">The model id asked for at create.</param>
/// <param name="Controls">What the arm's fake answered to the negative controls.</param>
/// <param name="Features">What each script saw, by feature.</param>
/// <param name="Issued">The words of all its turns, also of those that never came back.</param>
/// <param name="Requests">Every request that the lane caused, background calls included, in the order of arrival.</param>
/// <param name="Decoy">Fingerprint of a credential that the arm must never use; null where the lane has none.</param>
/// <param name="Credential">Fingerprint of the lane's own credential; null for the platform arm, whose token the control plane mints.</param>
/// <param name="Boots">How often its workspace was started.</param>
/// <param name="Diagnosis">The workspace's last activity, its requests and the end of its log, for the message of a failed judgement.</param>
public sealed record LaneRun(
    LaneKey Lane,
    string Model,
    ImmutableArray<ControlOutcome> Controls,
    ImmutableDictionary<string, FeatureRun> Features,
    ImmutableArray<WordPair> Issued,
    ImmutableArray<SeenRequest> Requests,
    string? Decoy,
    string? Credential,
    int Boots,
    string Diagnosis)
{
    /// <summary>Fingerprint of the token by which <see cref="Credential"/> is refreshed; null where nothing is.</summary>
    public string? Refresh { get; init; }

    /// <summary>The requests that were made for one of these turns.</summary>
    public ImmutableArray<SeenRequest> RequestsOf(IEnumerable<LaneTurn> turns)
    {
        var words = turns.Select(static t => t.Words).ToHashSet();
        return [.. Requests.Where(r => TurnOf(r) is { } turn && words.Contains(turn))];
    }

    /// <summary>The requests that carried no turn's words, not even those of one that never came back: what the agent calls beside its turns.</summary>
    public ImmutableArray<SeenRequest> Background => [.. Requests.Where(r => TurnOf(r) is null)];

    // A turn that failed leaves its message behind without an answer, so that the next request may carry both: the one said last asks.
    private WordPair? TurnOf(SeenRequest request) => Issued
        .Where(words => words.StandsIn(request.Entry.Prompt))
        .MaxBy(words => request.Entry.Prompt!.LastIndexOf(words.Second, StringComparison.Ordinal));

    /// <summary>For a live lane: whose endpoint its workspace was really given.</summary>
    public ReachedMode? LiveReached { get; init; }

    /// <summary>Whose endpoint the turns reached: what stands in our fakes' journal reached our fakes.</summary>
    public ReachedMode? ReachedBy(FeatureRun feature)
    {
        ArgumentNullException.ThrowIfNull(feature);
        return Lane.IsLive && RequestsOf(feature.Turns).IsEmpty ? LiveReached : RequestsOf(feature.Turns).Any(static r => r.Hop is not Hop.Proxy) ? ReachedMode.Mock : null;
    }
}

/// <summary>What one script saw on its lane.</summary>
/// <param name="Feature">The feature that it shows.</param>
/// <param name="Turns">Its turns, in the order in which they were sent.</param>
/// <param name="After">The workspace after the last of them.</param>
/// <param name="Engine">The attested engine; null where no request of the turns came from a locked program.</param>
/// <param name="EngineDoubt">Why <paramref name="Engine"/> is null.</param>
/// <param name="Lost">Why the script did not come to its end; null where it did.</param>
public sealed record FeatureRun(
    string Feature,
    ImmutableArray<LaneTurn> Turns,
    WorkspaceView? After,
    EngineIdentity? Engine,
    string? EngineDoubt,
    LaneException? Lost)
{
    /// <summary>Why a live script was not begun; null where it was.</summary>
    public LiveUncheckedException? Unchecked { get; init; }

    /// <summary>The turn that shows the feature: the last one that its caller waited for.</summary>
    public LaneTurn Last => Turns.Last(static t => t.TraceId is not null);
}

/// <summary>One turn through the control plane.</summary>
/// <param name="Words">Its words, by which its requests are told apart.</param>
/// <param name="Right">The answer that an agent gives which has understood; it does not stand in what was sent.</param>
/// <param name="Reply">What came back.</param>
/// <param name="TraceId">The W3C trace id that it was sent with; null for one that was served out of the control plane's queue.</param>
/// <param name="Activity">Its activity row.</param>
/// <param name="Stream">For a streamed turn: how the answer came.</param>
public sealed record LaneTurn(WordPair Words, string Right, TurnReply Reply, string? TraceId, ActivityRow Activity, StreamFacts? Stream = null)
{
    /// <summary>What went wrong at the vendor on it; null where nothing did.</summary>
    public FaultOrder? Fault { get; init; }

    /// <summary>Whether its script has seen to it that no vendor serves it: what reports no tokens then has used none.</summary>
    public bool IsServedByNobody { get; init; }

    /// <summary>The workspace's status right after it, where somebody looked.</summary>
    public string? StatusAfter { get; init; }

    /// <summary>Which registry its parts run on, where somebody asked.</summary>
    public Registries.SeenRegistries? Registries { get; init; }

    /// <summary>How many activity rows of the method that its script looks for were there after it, where somebody looked.</summary>
    public int? RowsAfter { get; init; }

    /// <summary>Which of the files that were laid into the workspace it had no more before it, where somebody looked.</summary>
    public ImmutableArray<string>? MissingFiles { get; init; }

    /// <summary>What was inside the workspace in the middle of it, where somebody looked.</summary>
    public InsideView? Inside { get; init; }

    public override string ToString() => $"{Words.First} and {Words.Second} -> {Reply.Text ?? Reply.Error}";
}

/// <summary>How a streamed answer came.</summary>
/// <param name="Pieces">The pieces of text, in the order of their arrival.</param>
/// <param name="BeforeTheEnd">How many of them had come while the vendor still held back the rest of its answer.</param>
/// <param name="At">How long after the first of them each came.</param>
/// <param name="States">The task's states, in their order.</param>
public sealed record StreamFacts(ImmutableArray<string> Pieces, int BeforeTheEnd, ImmutableArray<TimeSpan> At, ImmutableArray<string> States)
{
    /// <summary>From the first piece to the last.</summary>
    public TimeSpan Spread => At.IsEmpty ? TimeSpan.Zero : At[^1];

    /// <summary>Whether pieces came on the way from the first to the last: who keeps an answer may let its beginning through.</summary>
    public bool CameAllAlong => At.Any(at => at > Spread / 4 && at < Spread * 3 / 4);
}

/// <summary>A journaled request and the leg of the way that it was.</summary>
public sealed record SeenRequest(Hop Hop, JournalEntry Entry);

/// <summary>A request that the arm's fake had to refuse, and what it answered.</summary>
/// <param name="Name">What was wrong with it: <c>wrong header</c>, <c>wrong path</c>, <c>wrong model</c>, <c>unknown credential</c>.</param>
/// <param name="Status">The status answered.</param>
/// <param name="Refusal">A refusal that came under status 200, as MiniMax's do (spec/runtimes-and-providers.md 3.5); null where there was none.</param>
public sealed record ControlOutcome(string Name, int Status, string? Refusal = null);
