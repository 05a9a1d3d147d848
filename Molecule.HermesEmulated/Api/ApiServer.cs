using System.Security.Cryptography;
using System.Text;
using Molecule.HermesEmulated.Configuration;
using Molecule.HermesEmulated.Sessions;

namespace Molecule.HermesEmulated.Api;

/// <summary>The routes of hermes-agent's API server that a client needs for turns (spec/driving-the-runtimes.md 5; its documentation, "API Server").</summary>
public static class ApiServer
{
    /// <summary>The one model that the server names.</summary>
    public const string ModelName = "hermes-agent";

    public static void MapApi(this WebApplication app, GatewaySettings settings)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(settings);
        app.MapGet("/health", Health);
        app.MapGet("/v1/health", Health);

        var authorised = app.MapGroup("/v1").AddEndpointFilter(OnlyWith(settings.Key));
        authorised.MapGet("/models", static (TimeProvider time) => Results.Json(new
        {
            @object = "list",
            data = new[] { new { id = ModelName, @object = "model", created = time.GetUtcNow().ToUnixTimeSeconds(), owned_by = Identity.Name } },
        }));
        authorised.MapGet("/capabilities", static () => Results.Json(new
        {
            @object = "hermes.api_server.capabilities",
            platform = ModelName,
            model = ModelName,
            engine = Identity.Name,
            auth = new { type = "bearer", required = true },
            features = new { chat_completions = true, chat_completions_streaming = true, responses_api = false, run_submission = false },
        }));
        authorised.MapPost("/chat/completions", ChatCompletions.HandleAsync);

        var sessions = app.MapGroup("/api/sessions/{id}").AddEndpointFilter(OnlyWith(settings.Key));
        sessions.MapGet("/messages", static async (string id, SessionStore store, CancellationToken cancellationToken) => store.Has(id)
            ? Results.Json(new { @object = "list", session_id = id, data = await store.ReadAsync(id, cancellationToken).ConfigureAwait(false) })
            : ApiErrors.NoSuchSession(id));
        sessions.MapDelete("", static async (string id, SessionStore store, CancellationToken cancellationToken) =>
            await store.DeleteAsync(id, cancellationToken).ConfigureAwait(false)
                ? Results.Json(new { @object = "hermes.session.deleted", id, deleted = true })
                : ApiErrors.NoSuchSession(id));
    }

    private static IResult Health() => Results.Json(new { status = "ok", platform = ModelName, engine = Identity.Name });

    private static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> OnlyWith(string key) => async (context, next) =>
        IsAuthorised(context.HttpContext.Request, key) ? await next(context).ConfigureAwait(false) : ApiErrors.Unauthorized();

    private static bool IsAuthorised(HttpRequest request, string key) =>
        request.Headers.Authorization.ToString() is var said
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes("Bearer " + key));
}
