using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.ControlPlane;

/// <summary>An agent that answers calls as it is told to.</summary>
public sealed class FakeAgent : IAsyncDisposable
{
    public const string Pong = """{"jsonrpc":"2.0","id":"r1","result":{"kind":"message","role":"agent","parts":[{"kind":"text","text":"pong"}]}}""";

    private LoopbackHost? _host;

    public string Url => _host!.Url;

    /// <summary>The bodies of the calls, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The headers of the last call.</summary>
    public IHeaderDictionary Headers { get; private set; } = new HeaderDictionary();

    /// <summary>Ends when a caller has gone.</summary>
    public TaskCompletionSource CallerGone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it does with a call it has read.</summary>
    public required Func<HttpContext, Task> Handler { get; init; }

    public static Task<FakeAgent> AnsweringAsync(string body, int status = 200, string contentType = "application/json") => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    });

    /// <summary>One that takes calls and never answers.</summary>
    public static Task<FakeAgent> SilentAsync() => StartAsync(static context => Task.Delay(Timeout.Infinite, context.RequestAborted));

    public static async Task<FakeAgent> StartAsync(Func<HttpContext, Task> handler)
    {
        var agent = new FakeAgent { Handler = handler };
        agent._host = await LoopbackHost.StartAsync(agent.AnswerAsync);
        return agent;
    }

    public ValueTask DisposeAsync() => _host!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        Headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
        Assert.Equal(("POST", "/"), (context.Request.Method, context.Request.Path.Value));
        Calls.Enqueue(body);
        try
        {
            await Handler(context);
        }
        catch (OperationCanceledException)
        {
            CallerGone.TrySetResult();
        }
    }
}
