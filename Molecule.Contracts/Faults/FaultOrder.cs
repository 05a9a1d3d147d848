namespace Molecule.Contracts.Faults;

/// <summary>
/// Makes the turns of a fake go wrong that carry a credential, or whose prompt holds a word, or both; at least one is given. It touches
/// turns only that the fake would have served: no models list, no token count, no request that is refused anyway.
/// </summary>
/// <param name="Fake">The fake: an arm's id or <c>upstream-VENDOR</c>.</param>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Credential">Fingerprint of the credential (<see cref="Journal.CredentialFingerprint"/>); null where the word alone decides.</param>
/// <param name="Word">What the last user text holds, by ordinal comparison; null where the credential alone decides.</param>
/// <param name="Times">How many turns it is applied to; null until it is deleted.</param>
/// <param name="RetryAfterSeconds">How long the vendor asks to wait (rate-limit, overloaded, usage-limit); null where it does not say.</param>
/// <param name="AfterFrames">
/// How many frames of the stream go out before (stream-cut, stream-reset, stream-error, malformed-stream: null is 2, and the last frame
/// never goes out; silence: null sends nothing at all, 0 the headers alone).
/// </param>
/// <param name="PaceMilliseconds">The wait before each frame (pace).</param>
/// <param name="WindowTokens">
/// The model's context window in tokens (context-overflow): only turns whose request has more tokens, as the fake counts them, are hit. Null hits
/// every turn, whatever its size.
/// </param>
public sealed record FaultOrder(
    string Fake,
    FaultKind Kind,
    string? Credential = null,
    string? Word = null,
    int? Times = null,
    int? RetryAfterSeconds = null,
    int? AfterFrames = null,
    int? PaceMilliseconds = null,
    long? WindowTokens = null);

/// <summary>The answer to an order.</summary>
/// <param name="Id">Names the fault from now on.</param>
public sealed record FaultPlaced(string Id);

/// <summary>A fault that stands, also one whose times are used up.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Order">What was ordered.</param>
/// <param name="Applied">To how many turns it has been applied.</param>
public sealed record FaultState(string Id, FaultOrder Order, int Applied);

/// <summary>The fault that was applied to one turn.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What went wrong.</param>
/// <param name="Frames">How many of the stream's own frames went out; null where no stream was begun.</param>
public sealed record AppliedFault(string Id, FaultKind Kind, int? Frames = null);
