using System.Collections.Immutable;
using System.Diagnostics;
using Molecule.Contracts.Faults;
using Molecule.Harness.Clients;
using Molecule.Harness.Credentials;
using Molecule.Harness.Faults;
using Molecule.Harness.Journals;

namespace Molecule.Harness.Lanes;

/// <summary>One workspace that is online, and the turns that may be sent to it.</summary>
/// <param name="key">Which lane it is.</param>
/// <param name="workspace">The workspace's id.</param>
/// <param name="credential">What the workspace was created with.</param>
/// <param name="vendor">The fake that answers its turns: the arm's, or the upstream's behind the control plane's proxy.</param>
/// <param name="controlPlane">Where turns are sent.</param>
/// <param name="fakes">Where faults are ordered.</param>
/// <param name="journal">What has reached the fakes.</param>
/// <param name="random">Seeded by run and lane.</param>
/// <param name="clock">The clock.</param>
public sealed class OpenLane(
    LaneKey key, string workspace, LaneCredential credential, string vendor, ControlPlaneClient controlPlane, FakesClient fakes, JournalTail journal, Random random, TimeProvider clock)
{
    /// <summary>Which lane it is.</summary>
    public LaneKey Key { get; } = key;

    /// <summary>The workspace's id.</summary>
    public string Workspace { get; } = workspace;

    /// <summary>What the workspace was created with.</summary>
    public LaneCredential Credential { get; } = credential;

    /// <summary>Every pair of words that was given out, also for a turn that never came back.</summary>
    public ImmutableArray<WordPair> Issued { get; private set; } = [];

    /// <summary>Fingerprints of credentials that the lane has come to hold beside its own: requests with them are its.</summary>
    public ImmutableArray<string> Adopted { get; private set; } = [];

    /// <summary>Takes the requests with that credential for the lane's.</summary>
    public void Adopt(string fingerprint) => Adopted = Adopted.Add(fingerprint);

    /// <summary>How often the workspace was started, the create included.</summary>
    public int Boots { get; private set; } = 1;

    /// <summary>Words that no turn of this run has had.</summary>
    public WordPair FreshWords()
    {
        // Callers of one lane may ask at once; Random is not made for that.
        lock (random)
        {
            var words = WordPair.Fresh(random);
            Issued = Issued.Add(words);
            return words;
        }
    }

    /// <summary>One turn, until its activity row is there.</summary>
    /// <param name="words">The words by which it is told apart; they stand in <paramref name="prompt"/>.</param>
    /// <param name="prompt">What is sent.</param>
    /// <param name="right">The answer of an agent that has understood.</param>
    /// <param name="cancellationToken">Ends the turn.</param>
    /// <param name="within">How long it may take; null for an ordinary turn's time.</param>
    /// <exception cref="TimeoutException">No reply, or no activity row, within its deadline.</exception>
    public async Task<LaneTurn> SendAsync(WordPair words, string prompt, string right, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        var traceId = ActivityTraceId.CreateRandom().ToHexString();
        var reply = await WithinAsync(
            within ?? Deadlines.Turn,
            () => $"the reply to message/send on {Key}, workspace {Workspace}",
            token => controlPlane.SendMessageAsync(Workspace, prompt, TraceParent(traceId), token),
            cancellationToken).ConfigureAwait(false);
        return new LaneTurn(words, right, reply, traceId, await ActivityOfAsync(words, "message/send", cancellationToken).ConfigureAwait(false));
    }

    /// <summary>One streamed turn, until its activity row is there.</summary>
    /// <param name="words">The words by which it is told apart.</param>
    /// <param name="prompt">What is sent.</param>
    /// <param name="right">The answer of an agent that has understood.</param>
    /// <param name="onFirstPiece">Called once, when the first piece of text has come and before the next event is read; null where nobody waits for it.</param>
    /// <param name="cancellationToken">Ends the turn.</param>
    /// <exception cref="TimeoutException">No first piece, no end, or no activity row, within the turn's deadline.</exception>
    public async Task<LaneTurn> StreamAsync(
        WordPair words, string prompt, string right, Func<CancellationToken, Task>? onFirstPiece, CancellationToken cancellationToken)
    {
        var traceId = ActivityTraceId.CreateRandom().ToHexString();
        var seen = new StreamedTurn(clock);
        var reply = await WithinAsync(
            Deadlines.Turn,
            () => $"the end of message/stream on {Key}, workspace {Workspace}; it has brought {seen}",
            token => controlPlane.StreamMessageAsync(
                Workspace,
                prompt,
                TraceParent(traceId),
                async (next, streaming) =>
                {
                    if (seen.Take(next) && onFirstPiece is not null)
                    {
                        await onFirstPiece(streaming).ConfigureAwait(false);
                        seen.Released();
                    }
                },
                token),
            cancellationToken).ConfigureAwait(false);
        return new LaneTurn(words, right, reply with { Text = seen.Text }, traceId, await ActivityOfAsync(words, "message/stream", cancellationToken).ConfigureAwait(false), seen.Facts);
    }

    /// <summary>Has the vendor hold back the second half of its answer to the turn with these words.</summary>
    public async Task<HeldTurn> HoldAsync(WordPair words, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(words);
        var fault = await fakes.InjectAsync(new FaultOrder(vendor, FaultKind.Hold, Word: words.First, Times: 1), cancellationToken).ConfigureAwait(false);
        return new HeldTurn(fakes, fault, $"the turn of {Key} that the vendor holds back", clock);
    }

    /// <summary>Has the vendor go wrong on the turn with these words.</summary>
    public async Task<PlacedFault> PlaceAsync(PlannedFault fault, WordPair words, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentNullException.ThrowIfNull(words);
        FaultOrder order;
        lock (random)
        {
            order = fault.Draw(fault.KindOn(Key.Runtime, Key.Arm), vendor, words.First, random);
        }

        return new PlacedFault(fakes, await fakes.InjectAsync(order, cancellationToken).ConfigureAwait(false), order);
    }

    /// <summary>Lowers the context window of the lane's model: what has more tokens, as the vendor counts them, overflows it.</summary>
    /// <param name="tokens">The window.</param>
    /// <param name="word">A word of every turn's text: behind the control plane's proxy all lanes have one credential.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<PlacedFault> LowerWindowAsync(long tokens, string word, CancellationToken cancellationToken)
    {
        var order = vendor.StartsWith("upstream-", StringComparison.Ordinal)
            ? new FaultOrder(vendor, FaultKind.ContextOverflow, Word: word, WindowTokens: tokens)
            : new FaultOrder(vendor, FaultKind.ContextOverflow, Credential: Credential.Fingerprint, WindowTokens: tokens);
        return new PlacedFault(fakes, await fakes.InjectAsync(order, cancellationToken).ConfigureAwait(false), order);
    }

    /// <summary>How many tokens the vendor counted in the turn's last request that it served.</summary>
    public async Task<long> TokensOfAsync(LaneTurn turn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(turn);
        var served = (await journal.ReadAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault(e => e.Fake == vendor && e.Tokens is not null && turn.Words.StandsIn(e.Prompt));
        return served?.Tokens?.Input ?? throw new LaneException($"{Key}: {vendor} served no request of the turn {turn}.");
    }

    /// <summary>With which credential the vendor served the turn; null where it did not.</summary>
    public async Task<string?> CredentialOfAsync(LaneTurn turn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(turn);
        return (await journal.ReadAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault(e => e.Fake == vendor && e.Status == 200 && turn.Words.StandsIn(e.Prompt))?.Credential;
    }

    /// <summary>How many requests of the workspace have reached the fakes.</summary>
    public async Task<int> RequestsSoFarAsync(CancellationToken cancellationToken) =>
        (await journal.ReadAsync(cancellationToken).ConfigureAwait(false)).Count(e => e.Peer?.Workspace == Workspace || e.Credential == Credential.Fingerprint && e.Problem is null);

    /// <summary>Waits until the workspace's agent card says that its agent is so: ready, or not_configured, and for that reason.</summary>
    public async Task ConfiguredAsync(string awaited, CancellationToken cancellationToken, string because = "")
    {
        WorkspaceView? last = null;
        await Awaiting.UntilAsync(
            $"the agent of workspace {Workspace} to be {awaited} {because}".TrimEnd(),
            async token => (last = await controlPlane.FindAsync(Workspace, token).ConfigureAwait(false))?.Configuration == awaited && last.ConfigurationError.Contains(because, StringComparison.Ordinal) ? last : null,
            () => $"{last?.Configuration ?? "unknown"} {last?.ConfigurationError}",
            Deadlines.WorkspaceOnline,
            clock,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for something that is seen from outside.</summary>
    public Task UntilAsync(string awaited, Func<CancellationToken, Task<bool>> holds, CancellationToken cancellationToken) =>
        Awaiting.UntilAsync(awaited, async token => await holds(token).ConfigureAwait(false) ? this : null, static () => "it is not there", Deadlines.Turn, clock, cancellationToken);

    /// <summary>Begins a new conversation by hand.</summary>
    public Task BeginAnewAsync(CancellationToken cancellationToken) => controlPlane.BeginChatSessionAsync(Workspace, cancellationToken);

    /// <summary>Keeps a memory of the workspace.</summary>
    public Task RememberAsync(string content, CancellationToken cancellationToken) => controlPlane.RememberAsync(Workspace, content, cancellationToken);

    /// <summary>How many of the workspace's activity rows are of that method.</summary>
    public async Task<int> RowsAsync(string method, CancellationToken cancellationToken) =>
        (await controlPlane.ActivitiesAsync(Workspace, cancellationToken).ConfigureAwait(false)).Count(row => row.Method == method);

    /// <summary>The workspace's status, once it is the one awaited; what it is where that does not come.</summary>
    /// <param name="awaited">Null for whichever it is: a heartbeat tells of a turn's end a moment after its reply.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<string?> StatusAsync(string? awaited, CancellationToken cancellationToken)
    {
        string? last = null;
        try
        {
            return await Awaiting.UntilAsync(
                $"workspace {Workspace} to be {awaited}",
                async token =>
                {
                    last = (await controlPlane.FindAsync(Workspace, token).ConfigureAwait(false))?.Status;
                    return awaited is null || last == awaited ? last : null;
                },
                () => last ?? "gone",
                Deadlines.ActivityRow,
                clock,
                cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The judge says what was expected.
            return last;
        }
    }

    /// <summary>Gives the workspace a variable, which restarts it, and waits until it is online again.</summary>
    public async Task SetAsync(string name, string value, CancellationToken cancellationToken)
    {
        await controlPlane.SetSecretAsync(Workspace, name, value, cancellationToken).ConfigureAwait(false);
        Boots++;
        await controlPlane.WaitUntilOnlineAsync(Workspace, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A turn whose caller waits a second at most.</summary>
    public async Task<BusyAnswer> SendHastilyAsync(string prompt, CancellationToken cancellationToken) =>
        await controlPlane.SendHastilyAsync(Workspace, prompt, cancellationToken).ConfigureAwait(false);

    /// <summary>The turn that was queued while the workspace was busy, once it has been served; sent again where it was not queued.</summary>
    public async Task<LaneTurn> ServedLaterAsync(WordPair words, string prompt, string right, BusyAnswer busy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(busy);
        if (!busy.IsQueued)
        {
            return await SendAsync(words, prompt, right, cancellationToken).ConfigureAwait(false);
        }

        var row = await ActivityOfAsync(words, "message/send", cancellationToken, static a => a.Status == "ok", Deadlines.Turn).ConfigureAwait(false);
        return new LaneTurn(words, right, TurnReply.Read(System.Net.HttpStatusCode.OK, row.ResponseBody, TimeSpan.Zero), TraceId: null, row);
    }

    /// <summary>Restarts the workspace softly and waits until it is online again.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await controlPlane.RestartAsync(Workspace, cancellationToken).ConfigureAwait(false);
        Boots++;
        await controlPlane.WaitUntilOnlineAsync(Workspace, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restarts the workspace on a file system of its own and waits until it is online again.</summary>
    public async Task RecreateAsync(CancellationToken cancellationToken)
    {
        await controlPlane.RecreateAsync(Workspace, cancellationToken).ConfigureAwait(false);
        Boots++;
        await controlPlane.WaitUntilOnlineAsync(Workspace, Deadlines.WorkspaceOnline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lays files into the workspace's volumes.</summary>
    /// <param name="root">Where the node keeps its workspaces.</param>
    public PlantedFiles Plant(string root)
    {
        lock (random)
        {
            return PlantedFiles.In(root, Workspace, random);
        }
    }

    private Task<ActivityRow> ActivityOfAsync(
        WordPair words, string method, CancellationToken cancellationToken, Func<ActivityRow, bool>? which = null, TimeSpan? within = null)
    {
        ImmutableArray<ActivityRow> last = [];
        return Awaiting.UntilAsync(
            $"the activity row of the turn on workspace {Workspace}",
            async token =>
            {
                last = await controlPlane.ActivitiesAsync(Workspace, token).ConfigureAwait(false);
                return last.FirstOrDefault(a => a.Method == method && words.StandsIn(a.RequestBody) && which?.Invoke(a) is not false);
            },
            () => $"{last.Length} rows: {string.Join(", ", last.Select(static a => $"{a.Type} {a.Method} {a.Status}"))}",
            within ?? Deadlines.ActivityRow,
            clock,
            cancellationToken);
    }

    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<string> awaited, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {limit.TotalSeconds:0} s for {awaited()}.");
        }
    }

    private static string TraceParent(string traceId) => $"00-{traceId}-{ActivitySpanId.CreateRandom().ToHexString()}-01";
}
