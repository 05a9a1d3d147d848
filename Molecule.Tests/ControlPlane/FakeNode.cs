using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Provisioning;

namespace Molecule.Tests.ControlPlane;

/// <summary>A node that starts nothing and remembers everything (spec/control-plane.md 5.2).</summary>
public sealed class FakeNode : IAsyncDisposable
{
    public const string Secret = "node-shared-secret";

    private LoopbackHost? _host;
    private int _instances;

    public string Url => _host!.Url;

    /// <summary>What was asked to be started, in order.</summary>
    public ConcurrentQueue<ProvisionRequest> Provisioned { get; } = new();

    /// <summary>WORKSPACE INSTANCE of each stop, in order.</summary>
    public ConcurrentQueue<string> Stopped { get; } = new();

    /// <summary>Answers a start; null: 201.</summary>
    public Func<ProvisionRequest, (int Status, object Body)>? OnProvision { get; set; }

    /// <summary>Called before a start is answered.</summary>
    public Func<ProvisionRequest, Task> BeforeAnswer { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The state that a status call tells; null: 404.</summary>
    public string? State { get; set; } = "running";

    /// <summary>Why no swap can be made; null: one can.</summary>
    public (int Status, string Message)? SwapProblem { get; set; }

    /// <summary>The query of each question whether a swap could be made.</summary>
    public ConcurrentQueue<string> SwapsAsked { get; } = new();

    /// <summary>Status of a stop.</summary>
    public int StopStatus { get; set; } = StatusCodes.Status200OK;

    public static async Task<FakeNode> StartAsync()
    {
        var node = new FakeNode();
        node._host = await LoopbackHost.StartAsync(node.AnswerAsync);
        return node;
    }

    public ValueTask DisposeAsync() => _host!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != $"Bearer {Secret}")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var path = context.Request.Path.Value!;
        var workspace = path.Split('/').ElementAtOrDefault(3);
        switch (context.Request.Method)
        {
            case "POST" when path == "/cp/workspaces/provision":
                var request = (await JsonSerializer.DeserializeAsync<ProvisionRequest>(context.Request.Body))!;
                Provisioned.Enqueue(request);
                await BeforeAnswer(request);
                var (status, body) = OnProvision?.Invoke(request)
                    ?? (StatusCodes.Status201Created, new InstanceStatus($"i-{Interlocked.Increment(ref _instances)}", "127.0.0.1", "running"));
                await WriteAsync(context, status, body);
                break;
            case "GET" when path.EndsWith("/status", StringComparison.Ordinal) && State is not null:
                await WriteAsync(context, StatusCodes.Status200OK, new InstanceStatus(context.Request.Query["instance_id"]!, "127.0.0.1", State));
                break;
            case "GET" when path.EndsWith("/swap", StringComparison.Ordinal):
                SwapsAsked.Enqueue(context.Request.QueryString.ToString());
                if (SwapProblem is { } problem)
                {
                    await WriteAsync(context, problem.Status, new { error = problem.Message });
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status204NoContent;
                }

                break;
            case "GET" when path.EndsWith("/snapshots", StringComparison.Ordinal):
                await WriteAsync(context, StatusCodes.Status200OK, new[] { new { name = "20261128T061502.1234567Z", bytes = 42 } });
                break;
            case "DELETE":
                Stopped.Enqueue($"{workspace} {context.Request.Query["instance_id"]}");
                await WriteAsync(context, StopStatus, new { error = "stop refused" });
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, body.GetType()));
    }
}
