using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Molecule.Tests.Workspace;

/// <summary>One request that reached the vendor.</summary>
public sealed record VendorRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string? Model, JsonNode? Body)
{
    public string Header(string name) => Headers.GetValueOrDefault(name, "");

    public override string ToString() => $"{Method} {Path} model={Model} x-api-key={Header("x-api-key")} authorization={Header("authorization")}";
}

/// <summary>
/// A few lines of a vendor, enough for a real CLI's turn: OpenAI Responses and Chat Completions, Anthropic Messages, Gemini and the
/// ChatGPT backend's extra calls (spec/driving-the-runtimes.md 1 to 4). It joins the two words of the prompt as the prompt asks.
/// </summary>
public sealed partial class VendorStandIn : IAsyncDisposable
{
    private static readonly string[] Asks = ["/responses", "/messages", "/chat/completions", ":streamGenerateContent"];

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<VendorRequest> _requests = new();

    private VendorStandIn(WebApplication app) => _app = app;

    /// <summary>Every request, in the order in which they came.</summary>
    public IReadOnlyList<VendorRequest> Requests => [.. _requests];

    /// <summary>The requests that ask for an answer of a model.</summary>
    public IReadOnlyList<VendorRequest> Turns => [.. _requests.Where(static r => r.Method is "POST" && Asks.Any(end => r.Path.EndsWith(end, StringComparison.Ordinal)))];

    public string Origin => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>When set, answers instead of the model.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>When set, awaited before each of the answer's three pieces, 0 to 2, with the end of the request.</summary>
    public Func<int, CancellationToken, Task>? BeforePiece { get; set; }

    public static async Task<VendorStandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var vendor = new VendorStandIn(app);
        app.Run(vendor.AnswerAsync);
        await app.StartAsync();
        return vendor;
    }

    /// <summary>Lets every request from now on hang; the task completes when the first has come.</summary>
    public Task Hang()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Instead = async context =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        return reached.Task;
    }

    /// <summary>Sends the first piece and no more; the task completes when the program has given the request up.</summary>
    public Task HangAfterTheFirstPiece()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        BeforePiece = async (piece, gone) =>
        {
            if (piece > 0)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                aborted.TrySetResult();
            }
        };
        return aborted.Task;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        JsonNode? body = null;
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }

        _requests.Enqueue(new VendorRequest(
            context.Request.Method,
            path,
            context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            (string?)body?["model"],
            body));
        if (Instead is { } instead && await instead(context))
        {
            return;
        }

        if (path.EndsWith("/responses", StringComparison.Ordinal))
        {
            await RespondAsync(context, Answer(body!["input"]!.AsArray()));
        }
        else if (path.EndsWith("/v1/messages", StringComparison.Ordinal))
        {
            await MessageAsync(context, (string?)body!["model"], Answer(body["messages"]!.AsArray()));
        }
        else if (path.EndsWith("/chat/completions", StringComparison.Ordinal))
        {
            await CompleteAsync(context, (string?)body!["model"], Answer(body["messages"]!.AsArray()));
        }
        else if (path.EndsWith(":streamGenerateContent", StringComparison.Ordinal))
        {
            await GenerateAsync(context, Answer(body!["contents"]!.AsArray()));
        }
        else if (path.EndsWith("/models", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync("""{"models":[]}""");
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private static string Answer(JsonArray messages)
    {
        var texts = messages.OfType<JsonObject>().Where(static m => (string?)m["role"] is "user").SelectMany(static m => (m["content"] ?? m["parts"]) switch
        {
            JsonArray parts => parts.Select(static p => (string?)p?["text"] ?? ""),
            JsonValue text => [text.GetValue<string>()],
            _ => Enumerable.Empty<string>(),
        });

        // A client may put a turn that was given up and the next one into one message: the last words are the ones asked for.
        var words = texts.SelectMany(static t => Words().Matches(t)).LastOrDefault();
        return words is null ? "I see no two words." : $"{words.Groups[2].Value}-{words.Groups[1].Value}";
    }

    private static string[] Pieces(string answer) => [answer[..4], answer[4..8], answer[8..]];

    private async Task RespondAsync(HttpContext context, string answer)
    {
        var item = new JsonObject
        {
            ["type"] = "message",
            ["id"] = "msg_1",
            ["role"] = "assistant",
            ["status"] = "completed",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = answer, ["annotations"] = new JsonArray() }),
        };
        await StreamAsync(
            context,
            [
                new JsonObject { ["type"] = "response.created", ["response"] = new JsonObject { ["id"] = "resp_1" } },
                new JsonObject { ["type"] = "response.output_item.added", ["output_index"] = 0, ["item"] = new JsonObject { ["type"] = "message", ["id"] = "msg_1", ["role"] = "assistant", ["content"] = new JsonArray() } },
                .. Pieces(answer).Select(static p => new JsonObject { ["type"] = "response.output_text.delta", ["item_id"] = "msg_1", ["output_index"] = 0, ["content_index"] = 0, ["delta"] = p }),
                new JsonObject { ["type"] = "response.output_item.done", ["output_index"] = 0, ["item"] = item },
                new JsonObject
                {
                    ["type"] = "response.completed",
                    ["response"] = new JsonObject { ["id"] = "resp_1", ["usage"] = new JsonObject { ["input_tokens"] = 11, ["output_tokens"] = 3, ["total_tokens"] = 14 } },
                },
            ]);
    }

    private Task MessageAsync(HttpContext context, string? model, string answer) => StreamAsync(
        context,
        [
            new JsonObject
            {
                ["type"] = "message_start",
                ["message"] = new JsonObject
                {
                    ["id"] = "msg_1",
                    ["type"] = "message",
                    ["role"] = "assistant",
                    ["model"] = model,
                    ["content"] = new JsonArray(),
                    ["stop_reason"] = null,
                    ["stop_sequence"] = null,
                    ["usage"] = new JsonObject { ["input_tokens"] = 11, ["output_tokens"] = 1 },
                },
            },
            new JsonObject { ["type"] = "content_block_start", ["index"] = 0, ["content_block"] = new JsonObject { ["type"] = "text", ["text"] = "" } },
            .. Pieces(answer).Select(static p => new JsonObject { ["type"] = "content_block_delta", ["index"] = 0, ["delta"] = new JsonObject { ["type"] = "text_delta", ["text"] = p } }),
            new JsonObject { ["type"] = "content_block_stop", ["index"] = 0 },
            new JsonObject { ["type"] = "message_delta", ["delta"] = new JsonObject { ["stop_reason"] = "end_turn", ["stop_sequence"] = null }, ["usage"] = new JsonObject { ["output_tokens"] = 3 } },
            new JsonObject { ["type"] = "message_stop" },
        ]);

    private async Task StreamAsync(HttpContext context, IEnumerable<JsonObject> events)
    {
        context.Response.ContentType = "text/event-stream";
        var piece = 0;
        foreach (var e in events)
        {
            if (BeforePiece is { } gate && (string?)e["type"] is "response.output_text.delta" or "content_block_delta")
            {
                await gate(piece++, context.RequestAborted);
            }

            await context.Response.WriteAsync($"event: {(string?)e["type"]}\ndata: {e.ToJsonString()}\n\n", context.RequestAborted);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    [GeneratedRegex(@"two words: (\w+) and (\w+)\.")]
    private static partial Regex Words();
}
