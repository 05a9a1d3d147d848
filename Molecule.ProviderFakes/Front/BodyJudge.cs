using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Front;

/// <summary>Judges a request's body: readable, complete for its wire, a model that the vendor knows, and what that vendor asks for besides.</summary>
internal static class BodyJudge
{
    public static Verdict? Judge(Surface surface, IHeaderDictionary headers, RequestBody body, JsonElement? json, string? model)
    {
        if (body.TooLarge)
        {
            return new Verdict(surface.Refusals.TooLarge(), $"The body is larger than {FakeFront.BodyLimit} bytes.");
        }

        return surface.Answer switch
        {
            ModelTurn turn => JudgeRequest(surface, body, json, model, turn.Models, turn.Wire.Fault) ?? turn.Checks
                .Select(check => check(headers, json!.Value))
                .Where(static error => error is not null)
                .Select(static error => new Verdict(error!, $"The vendor refuses it: {error!.Json}"))
                .FirstOrDefault(),
            TokenCounting counting => JudgeRequest(surface, body, json, model, counting.Models, counting.Fault),
            _ => null,
        };
    }

    private static Verdict? JudgeRequest(Surface surface, RequestBody body, JsonElement? json, string? model, ImmutableHashSet<string> models, Func<JsonElement, string?> fault)
    {
        if (body.Text is null)
        {
            return Bad("The body is compressed; only plain bodies are read here.");
        }

        if (json is not { ValueKind: JsonValueKind.Object } request)
        {
            return Bad("The body is not a JSON object.");
        }

        if (model is null)
        {
            return Bad("model: Field required");
        }

        if (fault(request) is { } missing)
        {
            return Bad(missing);
        }

        return models.Contains(model)
            ? null
            : new Verdict(surface.Refusals.NoSuchModel(model), $"The vendor knows no model '{model}', only {string.Join(", ", models.Order(StringComparer.Ordinal))}.");

        Verdict Bad(string message) => new(surface.Refusals.BadRequest(message), message);
    }
}
