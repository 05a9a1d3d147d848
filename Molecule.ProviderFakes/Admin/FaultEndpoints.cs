using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Molecule.Contracts;
using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Faults;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Admin;

/// <summary>Faults as data: ordered, looked at and taken away while the fakes run.</summary>
internal static class FaultEndpoints
{
    public static void MapFaults(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/faults", PlaceAsync);
        admin.MapGet("/faults", static (FaultBook book) => Results.Json(book.All(), ContractJson.Compact));
        admin.MapDelete("/faults/{id}", static (string id, FaultBook book) =>
            book.Remove(id) ? Results.NoContent() : Error(StatusCodes.Status404NotFound, $"id: there is no fault '{id}'; GET /__molecule/faults tells which there are."));
    }

    private static async Task<IResult> PlaceAsync(HttpContext context, VendorTable table, FaultBook book)
    {
        FaultOrder? order;
        try
        {
            order = await context.Request.ReadFromJsonAsync<FaultOrder>(ContractJson.Compact, context.RequestAborted);
        }
        catch (JsonException e)
        {
            return Error(StatusCodes.Status400BadRequest, e.Path == "$.kind"
                ? $"kind: there is no such kind of fault; there are {FaultOrders.Names}."
                : $"{e.Path?.TrimStart('$', '.')}: the body is no fault order: {e.Message}".TrimStart(':', ' '));
        }
        catch (InvalidOperationException e)
        {
            return Error(StatusCodes.Status400BadRequest, $"The body is no fault order: {e.Message}");
        }

        if (order is null)
        {
            return Error(StatusCodes.Status400BadRequest, "The body is empty; give fake, kind, and credential or word.");
        }

        return FaultOrders.Complaint(order, table) is { } complaint
            ? Error(StatusCodes.Status400BadRequest, complaint)
            : Results.Json(new FaultPlaced(book.Place(order)), ContractJson.Compact, statusCode: StatusCodes.Status201Created);
    }

    private static IResult Error(int status, string message) => Results.Json(new { error = message }, statusCode: status);
}
