using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Contracts.Journal;

/// <summary>A request for a turn as it was sent, one for each set of members that a sender sends to a path: what its vendor's SDK is held against.</summary>
/// <param name="Fake">The fake that was hit.</param>
/// <param name="Path">The path relative to the fake's base path.</param>
/// <param name="Sender">The program that the user-agent names, without its version; <c>none</c> where it names none.</param>
/// <param name="Body">The body, each text in it cut to 64 characters.</param>
public sealed record RequestSample(string Fake, string Path, string Sender, JsonElement Body);

/// <summary>The samples that the fakes hold.</summary>
/// <param name="Samples">In the order in which they came.</param>
/// <param name="Dropped">Requests of a new shape for which there was no room any more.</param>
public sealed record RequestSamples(ImmutableArray<RequestSample> Samples, long Dropped);
