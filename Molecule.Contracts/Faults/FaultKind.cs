namespace Molecule.Contracts.Faults;

/// <summary>What goes wrong with a turn at a provider. How each looks on the wire is the vendor's own. On the wire in kebab-case.</summary>
public enum FaultKind
{
    /// <summary>The credential is refused, though it is registered.</summary>
    BadKey,

    /// <summary>Too many requests for the moment.</summary>
    RateLimit,

    /// <summary>Nothing left to pay with; trying again is pointless.</summary>
    QuotaExhausted,

    /// <summary>The vendor has no capacity for the moment.</summary>
    Overloaded,

    /// <summary>The vendor broke.</summary>
    ServerError,

    /// <summary>The request is larger than the model's context window.</summary>
    ContextOverflow,

    /// <summary>A subscription's window is used up.</summary>
    UsageLimit,

    /// <summary>The stream ends cleanly in the middle.</summary>
    StreamCut,

    /// <summary>The connection is reset in the middle of the stream.</summary>
    StreamReset,

    /// <summary>The wire's own error event in the middle of the stream, under HTTP 200.</summary>
    StreamError,

    /// <summary>A frame that is no JSON in the middle of the stream, which ends there.</summary>
    MalformedStream,

    /// <summary>The request is taken and nothing more comes until the client leaves.</summary>
    Silence,

    /// <summary>The stream is right and slow: a wait before each frame.</summary>
    Pace,

    /// <summary>The stream is right; half-way it waits until the fault is deleted.</summary>
    Hold,
}
