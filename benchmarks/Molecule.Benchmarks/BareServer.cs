using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Wires;

namespace Molecule.Benchmarks;

/// <summary>
/// Kestrel with handlers that do nothing but write: what the fakes and the control plane are held against. A process of its own, as
/// those are; ends when its standard input does.
/// </summary>
public static class BareServer
{
    /// <summary>The verb of this program that starts it.</summary>
    public const string Verb = "serve-bare";

    /// <summary>How long a turn of <c>/slow</c> takes.</summary>
    public static readonly TimeSpan SlowTurn = TimeSpan.FromMilliseconds(250);

    private const string AgentAnswer = """{"jsonrpc":"2.0","id":"r1","result":{"kind":"message","role":"agent","parts":[{"kind":"text","text":"pong"}]}}""";

    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        await using var app = builder.Build();

        // The frames of one turn of the fakes' own wire, made once: what is compared is the serving.
        var turn = Sample();
        var frames = new MessagesWire().Stream(turn, JsonDocument.Parse("{}").RootElement).Select(static f => f.Bytes.ToArray()).ToArray();
        var document = new MessagesWire().Json(turn);
        app.Run(context => context.Request.Path.Value switch
        {
            "/stream" => StreamAsync(context, frames),
            "/json" => AnswerAsync(context, document, TimeSpan.Zero),
            "/slow" => AnswerAsync(context, AgentAnswer, SlowTurn),
            _ => AnswerAsync(context, AgentAnswer, TimeSpan.Zero),
        });
        await app.StartAsync();
        await Console.Out.WriteLineAsync($"Now listening on: {app.Urls.First()}");
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        await app.StopAsync();
        return 0;
    }

    private static Turn Sample()
    {
        var (first, second) = (new string('A', TurnTraffic.WordLength), new string('B', TurnTraffic.WordLength));
        return new Turn(new string('0', 32), DateTimeOffset.UnixEpoch, TurnTraffic.Model, TurnTraffic.Prompt(first, second), $"{second}-{first}", null, new TokenCount(100, 25));
    }

    private static async Task StreamAsync(HttpContext context, byte[][] frames)
    {
        await DrainAsync(context);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        foreach (var frame in frames)
        {
            await context.Response.Body.WriteAsync(frame);
            await context.Response.Body.FlushAsync();
        }
    }

    private static async Task AnswerAsync(HttpContext context, string json, TimeSpan after)
    {
        await DrainAsync(context);
        if (after > TimeSpan.Zero)
        {
            await Task.Delay(after, context.RequestAborted);
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    }

    private static Task DrainAsync(HttpContext context) => context.Request.Body.CopyToAsync(Stream.Null);
}
