using Molecule.HermesEmulated.Models;
using Molecule.HermesEmulated.Turns;

namespace Molecule.HermesEmulated.Api;

/// <summary>The API server's error bodies (read in hermes-agent: gateway/platforms/api_server.py).</summary>
public static class ApiErrors
{
    public static IResult Unauthorized() => Results.Json(
        new { error = new { message = "Invalid gateway API key (API_SERVER_KEY)", type = "gateway_auth_error", code = "gateway_auth_failed" } },
        statusCode: StatusCodes.Status401Unauthorized);

    public static IResult BadRequest(string message) => Results.Json(
        new { error = new { message, type = "invalid_request_error", param = (string?)null, code = (string?)null } },
        statusCode: StatusCodes.Status400BadRequest);

    public static IResult NoSuchSession(string id) => Results.Json(
        new { error = new { message = $"Session not found: {id}", type = "invalid_request_error", param = (string?)null, code = "session_not_found" } },
        statusCode: StatusCodes.Status404NotFound);

    /// <summary>A turn that failed before a word of it was sent. The status is the vendor's; that hermes-agent passes it on is inferred (spec/runtimes-and-providers.md 2.7).</summary>
    public static IResult Failed(TurnFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return Results.Json(new { error = Body(failure) }, statusCode: failure.Status);
    }

    public static object Body(TurnFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new { message = failure.Message, type = "server_error", param = (string?)null, code = Code(failure.Kind) };
    }

    /// <summary>hermes-agent's word for a class of error.</summary>
    private static string Code(ErrorClass kind) => kind switch
    {
        ErrorClass.Auth => "auth",
        ErrorClass.Billing => "billing",
        ErrorClass.RateLimit => "rate_limit",
        ErrorClass.Overloaded => "overloaded",
        ErrorClass.ServerError => "server_error",
        ErrorClass.Timeout => "timeout",
        ErrorClass.ContextOverflow => "context_overflow",
        ErrorClass.ModelNotFound => "model_not_found",
        ErrorClass.FormatError => "format_error",
        _ => "unknown",
    };
}
