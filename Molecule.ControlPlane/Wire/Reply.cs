namespace Molecule.ControlPlane.Wire;

/// <summary>The replies of the wire (spec/control-plane.md 1): compact JSON with its length, errors as <c>{"error":"..."}</c>.</summary>
public static class Reply
{
    public const string JsonType = "application/json; charset=utf-8";

    /// <summary>200 with a value.</summary>
    public static IResult Ok(object value) => Json(StatusCodes.Status200OK, value);

    /// <summary>201 with a value.</summary>
    public static IResult Created(object value) => Json(StatusCodes.Status201Created, value);

    /// <summary>An error with its text alone.</summary>
    public static IResult Error(int status, string error) => Json(status, new WireMap { ["error"] = error });

    /// <summary>A value with any status.</summary>
    public static IResult Json(int status, object value) => new JsonReply(status, value, null);

    /// <summary>An error that asks to be tried again after some seconds; the header says so too.</summary>
    public static IResult RetryLater(int status, int seconds, WireMap value)
    {
        ArgumentNullException.ThrowIfNull(value);
        value["retry_after"] = seconds;
        return new JsonReply(status, value, seconds);
    }

    /// <summary>400 for a path id that is no UUID, where the route looks at it (spec/control-plane.md 1.5).</summary>
    public static IResult InvalidWorkspaceId() => Error(StatusCodes.Status400BadRequest, "invalid workspace ID");

    /// <summary>404 for an unknown workspace.</summary>
    public static IResult WorkspaceNotFound() => Error(StatusCodes.Status404NotFound, "workspace not found");

    private sealed class JsonReply(int status, object value, int? retryAfter) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var body = WireJson.Serialize(value);
            var response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = JsonType;
            response.ContentLength = body.Length;
            if (retryAfter is { } seconds)
            {
                response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
        }
    }
}
