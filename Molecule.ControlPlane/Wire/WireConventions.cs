using System.Data.Common;
using Npgsql;

namespace Molecule.ControlPlane.Wire;

/// <summary>What holds for every route: the text of a 404, the answers to failures (spec/control-plane.md 1).</summary>
public static partial class WireConventions
{
    private static readonly string[] Unstorable =
    [
        PostgresErrorCodes.CharacterNotInRepertoire, PostgresErrorCodes.UntranslatableCharacter, PostgresErrorCodes.InvalidTextRepresentation, PostgresErrorCodes.NumericValueOutOfRange,
    ];

    /// <summary>Adds them, and routing. Call it before any route's own middleware.</summary>
    public static WebApplication UseWireConventions(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(static (context, next) => AnswerFailuresAsync(context, next));
        app.UseRouting();
        app.Use(static (context, next) => IsServed(context) ? next(context) : WriteNotFoundAsync(context));
        return app;
    }

    // ASP.NET's own answer to a wrong method is an endpoint too, but no RouteEndpoint; health checks would take any method.
    private static bool IsServed(HttpContext context) => context.GetEndpoint() is RouteEndpoint route
        && (route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null || HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));

    private static Task WriteNotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync("404 page not found", context.RequestAborted);
    }

    private static async Task AnswerFailuresAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
            context.Abort();
        }
        catch (PostgresException e) when (!context.Response.HasStarted && Unstorable.Contains(e.SqlState))
        {
            // A NUL, half a surrogate pair, a number beyond all bounds: PostgreSQL holds none of them, and only the caller can have sent it.
            await Reply.Error(StatusCodes.Status400BadRequest, "invalid request body").ExecuteAsync(context);
        }
        catch (DbException e) when (!context.Response.HasStarted)
        {
            LogDatabase(Logger(context), context.Request.Method, context.Request.Path, e);
            await Reply.Error(StatusCodes.Status500InternalServerError, "query failed").ExecuteAsync(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Reply.Error(e.StatusCode, e.Message).ExecuteAsync(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // The process's edge. The product answers a panic with 500 and an empty body.
            LogFailure(Logger(context), context.Request.Method, context.Request.Path, e);
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    private static ILogger Logger(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(WireConventions));

    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed during {Method} {Path}.")]
    private static partial void LogDatabase(ILogger logger, string method, PathString path, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogFailure(ILogger logger, string method, PathString path, Exception error);
}
