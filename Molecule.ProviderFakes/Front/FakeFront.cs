using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;
using Molecule.Processes.Peers;
using Molecule.ProviderFakes.Clouds;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Faults;
using Molecule.ProviderFakes.Journal;
using Molecule.ProviderFakes.JsonSurfaces;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Front;

/// <summary>
/// Takes every request to a fake: finds the vendor by base path, judges path, credential, body and model by the vendor's table, lets
/// WireMock.Net answer documents, writes streams itself, and journals all of it.
/// </summary>
internal sealed class FakeFront(
    VendorTable table, AcceptedCredentials accepted, RequestJournal journal, PeerAttestor attestor, WireMockSurfaces documents,
    Federation federation, FaultBook faults, FaultedAnswers faulted, ChatGptLogins logins, RequestShapes shapes, TimeProvider time)
{
    /// <summary>Anthropic's limit of a body (spec 3.1), and the only one here: Kimi's smaller one belongs to the overflow faults.</summary>
    public const long BodyLimit = 32 * 1024 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var at = time.GetUtcNow();
        if (!journal.TryReserve())
        {
            context.Response.StatusCode = StatusCodes.Status507InsufficientStorage;
            await context.Response.WriteAsync("The journal of the provider fakes is full; nothing is served that could not be journaled.", context.RequestAborted);
            return;
        }

        var request = context.Request;
        var fake = table.FindByPath(request.Path.Value ?? "", out var relative);
        var credential = PresentedCredential.Of(request);
        var (surface, values) = fake?.Find(request, relative) ?? (null, ImmutableDictionary<string, string>.Empty);
        foreach (var (name, value) in fake?.StandingHeaders ?? [])
        {
            context.Response.Headers[name] = value;
        }

        var exchange = new Exchange(context, journal, new JournalEntry(
            0, at, fake?.Id ?? "none", request.Method, relative, PresentedCredential.WithoutSecret(request.QueryString), credential.Form, credential.Fingerprint,
            Model: null, Stream: false, Status: 0, request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
            Prompt: null, Answer: null, Tokens: null, PeerOf(context), Problem: null));
        try
        {
            var body = await RequestBody.ReadAsync(request, BodyLimit, context.RequestAborted);
            using var parsed = body.Parse();
            var model = values.GetValueOrDefault(Surface.Model) ?? parsed?.RootElement.Text(Surface.Model);
            exchange.Describe(surface, parsed?.RootElement, model);
            if (fake is not null && surface?.Answer is ModelTurn or TokenCounting && parsed?.RootElement is { ValueKind: JsonValueKind.Object } sent)
            {
                shapes.Note(fake.Id, relative, request.Headers.UserAgent, sent);
            }

            if (Judge(fake, relative, surface, credential, request, body, parsed?.RootElement, model) is { } verdict)
            {
                await exchange.RefuseAsync(verdict);
            }
            else if (surface!.Answer is CloudCall call)
            {
                var reply = call.Operation(federation, new CloudRequest(values, body.Text ?? "", credential.Fingerprint, at));
                await (reply.Problem is { } problem ? exchange.RefuseAsync(new Verdict(new VendorError(reply.Status, reply.Json), problem)) : exchange.WriteAsync(reply.Status, reply.Json));
            }
            else
            {
                await AnswerAsync(exchange, fake!, surface, relative, credential, body.Text, parsed?.RootElement, model, at);
            }
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested || e is BadHttpRequestException or IOException)
        {
            // The client went away while it was sending or being answered. Nobody is left to tell but the journal.
        }
        finally
        {
            exchange.Close();
        }
    }

    private Verdict? Judge(
        VendorFake? fake, string relative, Surface? surface, PresentedCredential credential, HttpRequest request, RequestBody body, JsonElement? json, string? model)
    {
        if (fake is null)
        {
            return new Verdict(
                new VendorError(404, WireJson.Write(new { error = "No fake stands at this path." })),
                NearestSurface.Describe(table, null, request.Method, relative));
        }

        if (surface is null)
        {
            // A doubled /v1 is a known mistake of clients (spec 3.1, core#2748): the vendor's 404, and a mark by which it is told from all others.
            var missing = fake.Refusals.NoSuchPath(request.Method, relative);
            return new Verdict(
                NearestSurface.IsDoubled(relative) ? missing with { Headers = [.. missing.Headers, ("x-molecule-problem", "doubled-v1")] } : missing,
                NearestSurface.Describe(table, fake, request.Method, relative));
        }

        return CredentialJudge.Judge(fake, surface, credential, accepted) ?? BodyJudge.Judge(surface, request.Headers, body, json, model);
    }

    private async Task AnswerAsync(
        Exchange exchange, VendorFake fake, Surface surface, string path, PresentedCredential credential, string? body, JsonElement? json, string? model, DateTimeOffset at)
    {
        if (surface.Answer is TokenRefresh)
        {
            await logins.AnswerAsync(exchange, fake, json);
            return;
        }

        if (surface.Answer is ModelTurn { Wire: var wire })
        {
            var request = json!.Value;
            var turn = Turn.Of(wire, body!, request, model!, at);
            var isStream = wire.IsStreamed(request);
            if (faults.Take(fake.Id, credential.Fingerprint, turn.Prompt, order => FaultKinds.AppliesTo(surface, order.Kind, isStream) && !(order.WindowTokens >= turn.Tokens.Input)) is { } fault)
            {
                await faulted.AnswerAsync(exchange, surface, fault, turn, request);
                return;
            }

            if (turn.Tokens.Input > surface.Refusals.ContextWindow)
            {
                await faulted.OverflowAsync(exchange, surface, turn, request);
                return;
            }

            exchange.Decide(turn);
            await (isStream ? exchange.StreamAsync(wire.Stream(turn, request)) : exchange.WriteAsync(StatusCodes.Status200OK, wire.Json(turn)));
            return;
        }

        var document = await documents.AskAsync(fake, surface, path, body, exchange.Aborted);
        await exchange.WriteAsync(document.Status, document.Json);
    }

    private PeerIdentity? PeerOf(HttpContext context)
    {
        var connection = context.Connection;
        return context.Features.Get<IConnectionItemsFeature>() is { } items && connection is { LocalIpAddress: { } local, RemoteIpAddress: { } remote }
            ? attestor.IdentifyOnce(items.Items, new IPEndPoint(local, connection.LocalPort), new IPEndPoint(remote, connection.RemotePort))
            : null;
    }
}

/// <summary>A refusal: what the vendor would say, and why, for the journal.</summary>
internal sealed record Verdict(VendorError Error, string Problem);
