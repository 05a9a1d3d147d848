using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>What one fake knows of the vendor it stands for, written by hand from the vendors' own documents and from measurements.</summary>
/// <param name="Id">The arm's id, or <c>upstream-VENDOR</c> where the control plane is the client.</param>
/// <param name="BasePath">The neutral base path. It stands for the vendor's origin.</param>
/// <param name="Origin">The vendor's origin.</param>
/// <param name="Refusals">How the vendor says no where no surface is concerned.</param>
/// <param name="Surfaces">What the vendor serves.</param>
public sealed record VendorFake(string Id, string BasePath, string Origin, VendorRefusals Refusals, ImmutableArray<Surface> Surfaces)
{
    public FakeDescription Describe() => new(Id, BasePath, Origin);
}

/// <summary>One method and path of a vendor.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path at the vendor's origin.</param>
/// <param name="Accepts">The credential forms that are accepted; empty where none is asked for.</param>
/// <param name="Refusals">How the vendor says no here.</param>
/// <param name="Answer">What it answers.</param>
public sealed record Surface(string Method, string Path, ImmutableArray<CredentialForm> Accepts, VendorRefusals Refusals, SurfaceAnswer Answer);

/// <summary>What a surface answers.</summary>
public abstract record SurfaceAnswer;

/// <summary>A model's turn, as one document or as a stream.</summary>
/// <param name="Wire">The protocol.</param>
/// <param name="Models">The wire model ids that the vendor knows.</param>
/// <param name="Checks">What the vendor asks for beyond its wire.</param>
public sealed record ModelTurn(IWire Wire, ImmutableHashSet<string> Models, params ImmutableArray<TurnCheck> Checks) : SurfaceAnswer;

/// <summary>The number of tokens of a Messages request, without a turn.</summary>
/// <param name="Models">The wire model ids that the vendor knows.</param>
public sealed record TokenCounting(ImmutableHashSet<string> Models) : SurfaceAnswer;

/// <summary>The same JSON document for everybody.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The document.</param>
public sealed record FixedAnswer(int Status, string Json) : SurfaceAnswer;

/// <summary>One thing that a vendor asks of a turn; null where it is content.</summary>
/// <param name="headers">The request's headers.</param>
/// <param name="request">The request's body.</param>
public delegate VendorError? TurnCheck(IHeaderDictionary headers, JsonElement request);
