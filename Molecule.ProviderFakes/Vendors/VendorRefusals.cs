using System.Collections.Immutable;
using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>How a turn goes wrong.</summary>
public abstract record FaultAnswer;

/// <summary>A failure that is told in the stream, under HTTP 200.</summary>
/// <param name="Code">The vendor's code or type of it.</param>
/// <param name="Message">Its text.</param>
public sealed record StreamFailure(string Code, string Message) : FaultAnswer;

/// <summary>A vendor's error answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body.</param>
/// <param name="RequestIdHeader">Header in which the vendor repeats the request's id; null where it does not.</param>
/// <param name="RequestId">The request's id.</param>
public sealed record VendorError(int Status, string Json, string? RequestIdHeader = null, string? RequestId = null) : FaultAnswer
{
    /// <summary>Headers that go with it.</summary>
    public ImmutableArray<(string Name, string Value)> Headers { get; init; } = [];
}

/// <summary>A turn that shall go wrong, as far as a vendor's error speaks of it.</summary>
/// <param name="Model">The model id of the request.</param>
/// <param name="Wire">The protocol.</param>
/// <param name="InputTokens">How many tokens the request has.</param>
/// <param name="RetryAfterSeconds">How long the client shall wait; null where it is not told.</param>
/// <param name="At">Now.</param>
public sealed record FaultedTurn(string Model, IWire Wire, long InputTokens, int? RetryAfterSeconds, DateTimeOffset At)
{
    /// <summary>The window that the request was measured against, in tokens; null for the vendor's own.</summary>
    public long? Window { get; init; }

    /// <summary>The two numbers of an overflow's text. A turn that was told to overflow, and is small, is said to be larger than it is.</summary>
    /// <param name="vendors">The vendor's own window.</param>
    public (long Tokens, long Window) Overflow(long vendors) =>
        (Window ?? vendors) is var window && InputTokens > window ? (InputTokens, window) : (window + Math.Max(1, InputTokens), window);

    /// <summary><c>retry-after</c> in seconds (RFC 9110, 10.2.3), where it is told, and what the vendor sends besides.</summary>
    public ImmutableArray<(string Name, string Value)> RetryAfter(params ReadOnlySpan<(string Name, string Value)> others) =>
        RetryAfterSeconds is { } seconds ? [("retry-after", $"{seconds}"), .. others] : [.. others];
}

/// <summary>What is wrong with a credential.</summary>
public enum CredentialProblem
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one, in a header or a combination that the vendor does not take.</summary>
    WrongForm,

    /// <summary>Its form is right, it is not known.</summary>
    Unknown,

    /// <summary>It was good once. Only where tokens can be refreshed.</summary>
    Expired,
}

/// <summary>How a vendor says no, in its own shapes and statuses.</summary>
public abstract class VendorRefusals
{
    public abstract VendorError NoSuchPath(string method, string path);

    public abstract VendorError Unauthorized(CredentialProblem problem);

    public abstract VendorError NoSuchModel(string model);

    public abstract VendorError BadRequest(string message);

    public abstract VendorError TooLarge();

    /// <summary>The models' context window in tokens: a larger request overflows it without any fault. Null where none is known.</summary>
    public virtual long? ContextWindow => null;

    /// <summary>How a kind of fault looks here; null for a kind that this vendor does not have.</summary>
    public virtual FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) =>
        kind is FaultKind.BadKey ? Unauthorized(CredentialProblem.Unknown) : null;

    protected static string NewRequestId(string prefix) => prefix + Guid.NewGuid().ToString("N");
}
