using System.Text;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ControlPlane;

/// <summary>Streams through the platform arm's proxy (spec/runtimes-and-providers.md 3.1, 3.2).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class LlmStreamTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private const string Anthropic =
        """
        event: message_start
        data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":12,"output_tokens":1}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"B-"}}

        event: ping
        data: {"type":"ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"A"}}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private const string Chat =
        """
        data: {"choices":[{"index":0,"delta":{"content":"B-"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"A"},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":4}}

        data: [DONE]


        """;

    private const string Responses =
        """
        event: response.created
        data: {"type":"response.created","response":{"id":"r"}}

        event: response.output_text.delta
        data: {"type":"response.output_text.delta","delta":"B-"}

        event: response.output_text.delta
        data: {"type":"response.output_text.delta","delta":"A"}

        event: response.completed
        data: {"type":"response.completed","response":{"id":"r","usage":{"input_tokens":12,"output_tokens":4,"total_tokens":16}}}


        """;

    [Theory]
    [InlineData(PlatformArm.Messages, Anthropic)]
    [InlineData(PlatformArm.Chat, Chat)]
    [InlineData(PlatformArm.Responses, Responses)]
    public async Task A_stream_arrives_frame_by_frame_and_is_in_the_books_before_its_last_frame(string path, string stream)
    {
        var arm = await PlatformArm.CreateAsync(shared);
        var frames = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static frame => frame + "\n\n").ToArray();
        using var next = new SemaphoreSlim(0);
        arm.Vendor.Handler = async context =>
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            foreach (var frame in frames)
            {
                await context.Response.WriteAsync(frame);
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(context.RequestAborted);
            }
        };

        using var request = arm.Request(path, """{"model":"minimax/MiniMax-M2.7","stream":true}""");
        using var response = await arm.Control.OpenAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        foreach (var frame in frames)
        {
            // The vendor sends no frame before this one has been read.
            var bytes = new byte[Encoding.UTF8.GetByteCount(frame)];
            await body.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
            Assert.Equal(frame, Encoding.UTF8.GetString(bytes));
            if (frame != frames[^1])
            {
                Assert.Empty((await arm.JournalAsync()).Entries);
                next.Release();
            }
        }

        // The stream is still open, and all is written down.
        var entry = Assert.Single((await arm.JournalAsync()).Entries);
        Assert.Equal((true, 200, "B-A", new TokenCount(12, 4), null), (entry.Stream, entry.Status, entry.Answer, entry.Tokens, entry.Problem));
        Assert.Equal("12 4 1", await arm.UsageAsync());
        next.Release();
        Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Single((await arm.JournalAsync()).Entries);
        Assert.Equal("12 4 1", await arm.UsageAsync());
    }

    [Fact]
    public async Task A_client_that_goes_ends_the_vendor_s_work_and_what_was_spent_is_kept()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        var first = Anthropic[..(Anthropic.IndexOf("\n\n", StringComparison.Ordinal) + 2)];
        arm.Vendor.Handler = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(first);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };

        using var request = arm.Request(PlatformArm.Messages, """{"model":"minimax/MiniMax-M2.7","stream":true}""");
        using (var response = await arm.Control.OpenAsync(request, TestContext.Current.CancellationToken))
        {
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await body.ReadExactlyAsync(new byte[first.Length], TestContext.Current.CancellationToken);
        }

        await arm.Vendor.ClientGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        var page = await RunningControlPlane.UntilAsync("the entry", () => arm.JournalAsync(), static page => page.Entries.Length == 1);
        Assert.Equal((200, "The client went away."), (page.Entries[0].Status, page.Entries[0].Problem));
        Assert.Equal("12 1 1", await arm.UsageAsync());
    }

    [Fact]
    public async Task A_client_that_goes_before_any_answer_ends_the_vendor_s_work_too()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        arm.Vendor.Handler = static context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var hangUp = new CancellationTokenSource();
        using var request = arm.Request(PlatformArm.Responses, """{"model":"minimax/MiniMax-M2.7","stream":true}""");
        var call = arm.Control.OpenAsync(request, hangUp.Token);
        await RunningControlPlane.UntilAsync("the call at the vendor", () => Task.FromResult(arm.Vendor.Calls.Count), static count => count == 1);

        await hangUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await arm.Vendor.ClientGone.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        var page = await RunningControlPlane.UntilAsync("the entry", () => arm.JournalAsync(), static page => page.Entries.Length == 1);
        Assert.Equal((0, "The client went away."), (page.Entries[0].Status, page.Entries[0].Problem));
    }

    [Fact]
    public async Task A_stream_that_the_vendor_cuts_is_cut_for_the_client_too()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        const string half = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n";
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        arm.Vendor.Handler = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(half);
            await context.Response.Body.FlushAsync();
            await cut.Task;
            context.Abort();
        };

        using var request = arm.Request(PlatformArm.Chat, """{"model":"minimax/MiniMax-M2.7","stream":true}""");
        using var response = await arm.Control.OpenAsync(request, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await body.ReadExactlyAsync(new byte[half.Length], TestContext.Current.CancellationToken);
        cut.SetResult();

        var error = await Assert.ThrowsAnyAsync<Exception>(async () => await body.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, TestContext.Current.CancellationToken));

        Assert.True(error is IOException or HttpRequestException, $"{error}");
        var page = await RunningControlPlane.UntilAsync("the entry", () => arm.JournalAsync(), static page => page.Entries.Length == 1);
        Assert.Equal((200, "half", "vendor 'minimax' broke off its answer"), (page.Entries[0].Status, page.Entries[0].Answer, page.Entries[0].Problem));
    }
}
