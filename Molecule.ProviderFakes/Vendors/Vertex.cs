using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>Vertex AI's OpenAI-compatible endpoint (spec 3.0, 3.6).</summary>
internal static class Vertex
{
    // spec 3.0: sent as google/ID; the ids: spec 0.1.
    private static readonly ImmutableHashSet<string> Models = ["google/gemini-2.5-pro", "google/gemini-2.5-flash"];

    /// <summary>It takes tokens that the security token service or IAM has minted and that have not run out.</summary>
    public static VendorFake OpenAICompatible(string id, string basePath)
    {
        var refusals = new GoogleRefusals(isArray: true);
        return new VendorFake(id, basePath, "https://us-central1-aiplatform.googleapis.com", refusals,
        [
            new Surface(
                "POST", "/v1beta1/projects/{project}/locations/{location}/endpoints/openapi/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), Models)),
        ]);
    }
}
