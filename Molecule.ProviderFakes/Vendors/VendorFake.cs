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
    /// <summary>Headers that stand on each of the vendor's answers, refusals included.</summary>
    public ImmutableArray<(string Name, string Value)> StandingHeaders { get; init; } = [];

    /// <summary>The surface that a request is for, and what stands at the names in its path.</summary>
    public (Surface? Surface, ImmutableDictionary<string, string> Values) Find(HttpRequest request, string path)
    {
        foreach (var surface in Surfaces)
        {
            if (surface.Match(request, path) is { } values)
            {
                return (surface, values);
            }
        }

        return (null, ImmutableDictionary<string, string>.Empty);
    }

    public FakeDescription Describe() => new(Id, BasePath, Origin);
}

/// <summary>One method and path of a vendor.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path at the vendor's origin; <c>{model}</c> in it is the model of the turn (<see cref="SurfacePath"/>).</param>
/// <param name="Accepts">The credential forms that are accepted; empty where none is asked for.</param>
/// <param name="Refusals">How the vendor says no here.</param>
/// <param name="Answer">What it answers.</param>
public sealed record Surface(string Method, string Path, ImmutableArray<CredentialForm> Accepts, VendorRefusals Refusals, SurfaceAnswer Answer)
{
    /// <summary>The name under which a path carries the model.</summary>
    public const string Model = "model";

    private readonly SurfacePath _path = new(Path);

    /// <summary>What the query has to hold; null where nothing.</summary>
    public (string Name, string Value)? Query { get; init; }

    /// <summary>The path as a regular expression over the whole of a request's, below the base path.</summary>
    public string PathPattern => _path.Pattern;

    /// <summary>What stands at the names in the path; null where the request is for another surface.</summary>
    public ImmutableDictionary<string, string>? Match(HttpRequest request, string path)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Method == Method && (Query is not { } wanted || request.Query[wanted.Name] == wanted.Value) ? Match(path) : null;
    }

    /// <inheritdoc cref="Match(HttpRequest, string)"/>
    public ImmutableDictionary<string, string>? Match(string path) => _path.Match(path);
}

/// <summary>What a surface answers.</summary>
public abstract record SurfaceAnswer;

/// <summary>A model's turn, as one document or as a stream.</summary>
/// <param name="Wire">The protocol.</param>
/// <param name="Models">The wire model ids that the vendor knows.</param>
/// <param name="Checks">What the vendor asks for beyond its wire.</param>
public sealed record ModelTurn(IWire Wire, ImmutableHashSet<string> Models, params ImmutableArray<TurnCheck> Checks) : SurfaceAnswer;

/// <summary>The number of tokens of a turn's request, without a turn.</summary>
/// <param name="Models">The wire model ids that the vendor knows.</param>
/// <param name="Fault">What is missing or wrong in the request; null where nothing is.</param>
/// <param name="Document">The answer for a number of tokens.</param>
public sealed record TokenCounting(ImmutableHashSet<string> Models, Func<JsonElement, string?> Fault, Func<long, object> Document) : SurfaceAnswer;

/// <summary>New tokens for a refresh token.</summary>
public sealed record TokenRefresh : SurfaceAnswer;

/// <summary>The same JSON document for everybody.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The document.</param>
public sealed record FixedAnswer(int Status, string Json) : SurfaceAnswer;

/// <summary>One thing that a vendor asks of a turn; null where it is content.</summary>
/// <param name="headers">The request's headers.</param>
/// <param name="request">The request's body.</param>
public delegate VendorError? TurnCheck(IHeaderDictionary headers, JsonElement request);
