using System.Globalization;
using Microsoft.AspNetCore.Http.Metadata;
using Molecule.Contracts;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Llm;

/// <summary>The proxy's surfaces (spec/runtimes-and-providers.md 3.8) and its journal, which is ours.</summary>
public static class LlmEndpoints
{
    public static void MapLlm(this IEndpointRouteBuilder routes)
    {
        foreach (var surface in LlmSurface.All)
        {
            routes.MapPost(surface.Route, (HttpContext context, LlmProxy proxy) => proxy.ServeAsync(context, surface)).WithMetadata(new BodyLimit());
        }

        routes.MapGet("/admin/llm/journal", ReadJournal).RequireAdmin();
    }

    private static IResult ReadJournal(HttpRequest request, LlmJournal journal)
    {
        var text = request.Query["after"].ToString();
        return long.TryParse(text.Length == 0 ? "0" : text, NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            ? Results.Json(journal.After(after), ContractJson.Compact)
            : Reply.Error(StatusCodes.Status400BadRequest, $"after must be a sequence number, not '{text}'");
    }

    // Kestrel's own limit is off, so that it is the proxy which says no, in the surface's own shape.
    private sealed class BodyLimit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => null;
    }
}
