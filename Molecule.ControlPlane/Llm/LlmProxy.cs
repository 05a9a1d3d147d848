using System.Data.Common;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Llm;

/// <summary>The platform arm: a workspace's model call goes to the vendor with the platform's own key, metered (spec/runtimes-and-providers.md 3.8).</summary>
public sealed partial class LlmProxy(MoleculeDatabase database, UpstreamRouting routing, VertexTokens vertex, LlmUpstream upstream, LlmBooks books, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<LlmProxy> logger)
{
    /// <summary>Largest request in bytes: the vendors' own limit (spec/runtimes-and-providers.md 3.1).</summary>
    public const int RequestLimit = 32 * 1024 * 1024;

    /// <summary>How long a vendor may be silent.</summary>
    public static readonly TimeSpan VendorIdleTimeout = TimeSpan.FromMinutes(5);

    private const string WorkspaceHeader = "X-Molecule-Workspace-Id";

    public async Task ServeAsync(HttpContext context, LlmSurface surface)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(surface);
        var exchange = books.Open(context);
        try
        {
            await ServeAsync(context, surface, exchange);
        }
        catch (DbException e)
        {
            LogDatabase(logger, e);
            await RefuseAsync(context, surface, exchange, StatusCodes.Status503ServiceUnavailable, "platform datastore unavailable, retry shortly");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await exchange.CloseAsync(context.Response.HasStarted ? context.Response.StatusCode : 0, null, "The client went away.");
            throw;
        }
    }

    private async Task ServeAsync(HttpContext context, LlmSurface surface, LlmExchange exchange)
    {
        var cancellation = context.RequestAborted;
        var token = surface.Token(context.Request);
        var owner = token is null ? null : await database.QueryAsync(connection => UsageTokens.OwnerAsync(connection, token), cancellation);
        var named = context.Request.Headers[WorkspaceHeader].FirstOrDefault();
        if (owner is not { Workspace: var workspace, Provider: var arm } || (!string.IsNullOrEmpty(named) && !string.Equals(named, workspace.ToString(), StringComparison.OrdinalIgnoreCase)))
        {
            await RefuseAsync(context, surface, exchange, StatusCodes.Status401Unauthorized, (token, owner) switch
            {
                (null, _) => "missing usage token",
                (_, null) => "invalid usage token",
                _ => $"the usage token does not belong to the workspace that {WorkspaceHeader} names",
            });
            return;
        }

        exchange.Authorized(workspace, arm);
        var (body, isCut) = await RequestBody.ReadAsync(context.Request, RequestLimit, cancellation);
        if (isCut)
        {
            await RefuseAsync(context, surface, exchange, StatusCodes.Status413PayloadTooLarge, $"the request is larger than {RequestLimit} bytes");
            return;
        }

        using var request = LlmRequest.Read(body);
        if (request is null)
        {
            await RefuseAsync(context, surface, exchange, StatusCodes.Status400BadRequest, "the request must be a JSON object with one 'model'");
            return;
        }

        exchange.Describe(request, surface);
        var (target, refusal) = routing.Route(request.Model, surface, arm);
        if (target is null)
        {
            await RefuseAsync(context, surface, exchange, refusal!.Status, refusal.Message);
            return;
        }

        if (!target.IsKeyless)
        {
            await ForwardAsync(context, surface, exchange, request, target);
            return;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        string bearer;
        try
        {
            bearer = await vertex.GetAsync(stopping.Token);
        }
        catch (Exception e) when (e is VertexTokenException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var problem = e is VertexTokenException ? e.Message : "the control plane is stopping";
            LogNoToken(logger, target.Vendor, problem);
            await RefuseAsync(context, surface, exchange, StatusCodes.Status502BadGateway, $"no bearer for vendor '{target.Vendor}': {problem}");
            return;
        }

        await ForwardAsync(context, surface, exchange, request, target with { Key = bearer });
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            vertex.Forget(bearer);
        }
    }

    private async Task ForwardAsync(HttpContext context, LlmSurface surface, LlmExchange exchange, LlmRequest request, UpstreamTarget target)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, target.Url + context.Request.QueryString) { Content = new ByteArrayContent(request.WithModel(target.Model)) };
        LlmHeaders.CopyTo(context.Request, message);
        target.Authorize(message.Headers);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var silence = new CancellationTokenSource(VendorIdleTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, lifetime.ApplicationStopping, context.RequestAborted);
        HttpResponseMessage response;
        try
        {
            response = await upstream.SendAsync(message, both.Token);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            LogUnreachable(logger, target.Vendor, e);
            var problem = e switch
            {
                HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => "cannot be reached",
                HttpRequestException => "broke off its answer",
                _ => "did not answer in time",
            };
            await RefuseAsync(context, surface, exchange, StatusCodes.Status502BadGateway, $"vendor '{target.Vendor}' {problem}");
            return;
        }

        using (response)
        {
            var tally = new Tally();
            try
            {
                await PassAsync(context, surface, exchange, response, tally, silence, both.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
            {
                LogBroken(logger, target.Vendor, e);
                await exchange.CloseAsync((int)response.StatusCode, tally, $"vendor '{target.Vendor}' broke off its answer");
                if (context.Response.HasStarted)
                {
                    // Half an answer must not look like a whole one.
                    context.Abort();
                }
                else
                {
                    context.Response.Clear();
                    await WriteAsync(context, surface.Error(StatusCodes.Status502BadGateway, $"vendor '{target.Vendor}' broke off its answer"));
                }
            }
            catch (OperationCanceledException)
            {
                await exchange.CloseAsync((int)response.StatusCode, tally, "The client went away.");
                throw;
            }
        }
    }

    // Streams pass chunk by chunk; everything else whole, so that its figures are written before the client has it.
    private static async Task PassAsync(
        HttpContext context, LlmSurface surface, LlmExchange exchange, HttpResponseMessage response, Tally tally, CancellationTokenSource silence, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        context.Response.StatusCode = status;
        LlmHeaders.CopyTo(response, context.Response);
        await using var source = await response.Content.ReadAsStreamAsync(cancellation);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var problem = response.IsSuccessStatusCode ? null : $"the vendor answered {status}";
        using var whole = new MemoryStream();
        var events = new EventStreamReader(data => surface.ReadEvent(data, tally), tally.End);
        if (isStream)
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        }

        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
        {
            silence.CancelAfter(VendorIdleTimeout);
            if (!isStream)
            {
                whole.Write(buffer, 0, read);
                continue;
            }

            events.Feed(buffer.AsSpan(0, read));
            if (tally.HasEnded)
            {
                await exchange.CloseAsync(status, tally, problem);
            }

            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await context.Response.Body.FlushAsync(cancellation);
        }

        if (isStream)
        {
            await exchange.CloseAsync(status, tally, problem);
            return;
        }

        ReadWhole(surface, whole, tally);
        await exchange.CloseAsync(status, tally, problem);
        context.Response.ContentLength = whole.Length;
        await context.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length), cancellation);
    }

    private static void ReadWhole(LlmSurface surface, MemoryStream whole, Tally tally)
    {
        try
        {
            using var document = JsonDocument.Parse(whole.GetBuffer().AsMemory(0, (int)whole.Length));
            surface.ReadAnswer(document.RootElement, tally);
        }
        catch (JsonException)
        {
            // No JSON, no figures; it is passed on as it is.
        }
    }

    private static async Task RefuseAsync(HttpContext context, LlmSurface surface, LlmExchange exchange, int status, string problem)
    {
        await exchange.CloseAsync(status, null, problem);
        await WriteAsync(context, surface.Error(status, problem));
    }

    private static Task WriteAsync(HttpContext context, LlmError error)
    {
        if (error.RequestId is { } id)
        {
            context.Response.Headers["request-id"] = id;
        }

        return Reply.Json(error.Status, error.Body).ExecuteAsync(context);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed while a model call was being authorised.")]
    private static partial void LogDatabase(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "There is no bearer for vendor {Vendor}: {Problem}")]
    private static partial void LogNoToken(ILogger logger, string vendor, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Vendor {Vendor} gave no answer.")]
    private static partial void LogUnreachable(ILogger logger, string vendor, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Vendor {Vendor} broke off its answer.")]
    private static partial void LogBroken(ILogger logger, string vendor, Exception error);
}
