using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.ControlPlane;

/// <summary>A vendor behind the platform arm: notes what came, answers as it is told to.</summary>
public sealed class FakeVendor : IAsyncDisposable
{
    private LoopbackHost? _host;

    public string Url => _host!.Url;

    public ConcurrentQueue<VendorCall> Calls { get; } = new();

    /// <summary>Ends when a client has gone in the middle of a call.</summary>
    public TaskCompletionSource ClientGone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Func<HttpContext, Task> Handler { get; set; } = static _ => Task.CompletedTask;

    public static async Task<FakeVendor> StartAsync()
    {
        var vendor = new FakeVendor();
        vendor._host = await LoopbackHost.StartAsync(vendor.AnswerAsync);
        return vendor;
    }

    public void Answer(string body, int status = 200, string contentType = "application/json") => Handler = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    public ValueTask DisposeAsync() => _host!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        Calls.Enqueue(new VendorCall(
            $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
            context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body));
        try
        {
            await Handler(context);
        }
        catch (OperationCanceledException)
        {
            ClientGone.TrySetResult();
        }
    }
}

/// <summary>A request as a vendor saw it.</summary>
public sealed record VendorCall(string Line, IReadOnlyDictionary<string, string> Headers, string Body);
