using System.Collections.Immutable;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>A call that a cloud executes.</summary>
/// <param name="Values">What stands at the names in the path.</param>
/// <param name="Body">The body, or empty.</param>
/// <param name="Credential">Fingerprint of the credential presented, if any.</param>
/// <param name="At">When it came.</param>
public sealed record CloudRequest(ImmutableDictionary<string, string> Values, string Body, string? Credential, DateTimeOffset At);

/// <summary>What a cloud answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The document.</param>
/// <param name="Problem">Why it was refused, for the journal; null where it was not.</param>
public sealed record CloudReply(int Status, string Json, string? Problem = null);

/// <summary>What a surface does that has more to do than to answer.</summary>
/// <param name="federation">What the clouds know.</param>
/// <param name="request">The call.</param>
public delegate CloudReply CloudOperation(Federation federation, CloudRequest request);

/// <summary>A call that changes what the clouds know.</summary>
/// <param name="Operation">What is done.</param>
public sealed record CloudCall(CloudOperation Operation) : SurfaceAnswer;
