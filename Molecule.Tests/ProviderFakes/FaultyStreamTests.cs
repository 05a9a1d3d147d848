using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Streams that break in the middle, fall silent or dribble, on each wire, as their client sees them.</summary>
public sealed class FaultyStreamTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private readonly string _secret = $"mol-fault-{Guid.NewGuid():N}";

    public static TheoryData<string> Wires => ["a01", "a03", "u02 chat", "a08"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task A_cut_stream_ends_cleanly_without_the_wire_s_end(string surface)
    {
        var whole = await WholeAsync(surface);
        var id = await InjectAsync(surface, FaultKind.StreamCut, after: 3);

        var reply = await fakes.SendAsync(Calls.Of(surface, _secret, "Hello"));

        Assert.Equal(200, reply.Status);
        Assert.Equal(whole.Take(3).Select(static f => f.Event), reply.Frames.Select(static f => f.Event));
        Assert.Equal(new AppliedFault(id, FaultKind.StreamCut, 3), (await LastEntryAsync()).Fault);
    }

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task A_reset_comes_after_the_frames_and_is_a_reset(string surface)
    {
        var id = await InjectAsync(surface, FaultKind.StreamReset, after: 2);
        using var request = Calls.Of(surface, _secret, "Hello").ToRequest();
        using var answer = await fakes.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancelled);
        using var read = new MemoryStream();

        var broken = await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(read, Cancelled));

        Assert.Equal(SocketError.ConnectionReset, Causes(broken).OfType<SocketException>().First().SocketErrorCode);
        Assert.Equal(2, new Reply(200, null, Encoding.UTF8.GetString(read.ToArray())).Frames.Count);
        Assert.Equal(new AppliedFault(id, FaultKind.StreamReset, 2), (await LastEntryAsync()).Fault);
    }

    [Theory]
    [InlineData("a01", "error", "overloaded_error")]
    [InlineData("a03", "response.failed", "server_error")]
    [InlineData("u02 chat", null, "server_error")]
    [InlineData("a08", null, "UNAVAILABLE")]
    public async Task A_failing_stream_tells_it_in_the_wire_s_own_event(string surface, string? name, string code)
    {
        var id = await InjectAsync(surface, FaultKind.StreamError, after: 2);

        var reply = await fakes.SendAsync(Calls.Of(surface, _secret, "Hello"));

        Assert.Equal((200, 3), (reply.Status, reply.Frames.Count));
        Assert.Equal(name, reply.Frames[^1].Event);
        Assert.Contains($"\"{code}\"", reply.Frames[^1].Data, StringComparison.Ordinal);
        Assert.Equal(new AppliedFault(id, FaultKind.StreamError, 2), (await LastEntryAsync()).Fault);
    }

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task A_held_stream_waits_half_way_until_the_fault_is_deleted(string surface)
    {
        var whole = await WholeAsync(surface);
        var id = await InjectAsync(surface, FaultKind.Hold, after: null);
        using var request = Calls.Of(surface, _secret, "Hello").ToRequest();
        using var answer = await fakes.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        using var body = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        var seen = new StringBuilder();
        for (var frames = 0; frames < whole.Count / 2;)
        {
            // An empty line ends a frame.
            var line = await body.ReadLineAsync(Cancelled);
            frames += line is "" ? 1 : 0;
            seen.Append(line).Append('\n');
        }

        var next = body.ReadLineAsync(Cancelled).AsTask();
        Assert.False(next.IsCompleted);
        using var deleted = await fakes.AdminAsync(HttpMethod.Delete, $"/__molecule/faults/{id}");

        seen.Append(await next).Append('\n').Append(await body.ReadToEndAsync(Cancelled));
        Assert.Equal(whole.Select(static f => f.Event), new Reply(200, null, seen.ToString()).Frames.Select(static f => f.Event));
        Assert.Equal(new AppliedFault(id, FaultKind.Hold, whole.Count), (await LastEntryAsync()).Fault);
    }

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task A_malformed_stream_ends_with_a_frame_that_is_no_json(string surface)
    {
        var whole = await WholeAsync(surface);
        await InjectAsync(surface, FaultKind.MalformedStream, after: null);

        var reply = await fakes.SendAsync(Calls.Of(surface, _secret, "Hello"));

        Assert.Equal(whole.Take(3).Select(static f => f.Event), reply.Frames.Select(static f => f.Event));
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(reply.Frames[2].Data));
        Assert.Equal(2, (await LastEntryAsync()).Fault!.Frames);
    }

    [Fact]
    public async Task A_cut_never_lets_the_last_frame_through()
    {
        var whole = await WholeAsync("a01");
        await InjectAsync("a01", FaultKind.StreamCut, after: 1000);

        var reply = await fakes.SendAsync(Calls.Of("a01", _secret, "Hello"));

        Assert.Equal(whole.Count - 1, reply.Frames.Count);
        Assert.Equal("message_delta", reply.Frames[^1].Event);
    }

    [Fact]
    public async Task A_stream_fault_leaves_a_turn_alone_that_is_no_stream()
    {
        var id = await InjectAsync("a01", FaultKind.StreamCut, after: 1);

        var reply = await fakes.SendAsync(Calls.Of("a01", _secret, "Hello").Change(static b => b["stream"] = false));

        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal(0, (await fakes.FaultAsync(id)).Applied);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Silence_lasts_until_the_client_leaves_and_is_journaled_then(int? after)
    {
        var id = await InjectAsync("a03", FaultKind.Silence, after);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var request = Calls.Of("a03", _secret, "Hello").ToRequest();
        var asked = fakes.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        if (after is not { } frames)
        {
            await fakes.UntilAppliedAsync(id);
            Assert.False(asked.IsCompleted);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        else
        {
            using var answer = await asked;
            await using var body = await answer.Content.ReadAsStreamAsync(Cancelled);
            using var reader = new StreamReader(body);
            for (var frame = 0; frame < frames; frame++)
            {
                Assert.StartsWith("event: response.", await reader.ReadLineAsync(Cancelled), StringComparison.Ordinal);
                Assert.StartsWith("data: {", await reader.ReadLineAsync(Cancelled), StringComparison.Ordinal);
                Assert.Equal("", await reader.ReadLineAsync(Cancelled));
            }

            var next = reader.ReadLineAsync(leaving.Token).AsTask();
            Assert.False(next.IsCompleted);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        }

        var entry = await fakes.OneEntryOfAsync(_secret);
        Assert.Equal((after is null ? 0 : 200, new AppliedFault(id, FaultKind.Silence, after), null), (entry.Status, entry.Fault, entry.Problem));
    }

    [Fact]
    public async Task A_paced_stream_is_whole_and_waits_before_each_frame()
    {
        var time = new ImpatientTime(TimeSpan.FromMilliseconds(250));
        await using var paced = new RunningFakes { Time = time };
        await paced.InitializeAsync();
        await paced.AcceptAsync("anthropic-api", _secret);
        var id = await paced.InjectAsync(new FaultOrder("anthropic-api", FaultKind.Pace, CredentialFingerprint.Of(_secret), Times: 1, PaceMilliseconds: 250));

        var slow = await paced.SendAsync(Calls.Of("a01", _secret, Calls.Prompt("KAVODU", "MIRELO")));
        var waits = time.Waits.Count;
        await paced.SendAsync(Calls.Of("a01", _secret, Calls.Prompt("KAVODU", "MIRELO")));

        Assert.Equal("MIRELO-KAVODU", string.Concat(slow.Events.Where(static e => e.GetProperty("type").GetString() == "content_block_delta").Select(static e => e.GetProperty("delta").GetProperty("text").GetString())));
        Assert.Equal((slow.Frames.Count, slow.Frames.Count), (waits, time.Waits.Count));
        var entries = await paced.JournalOfAsync(_secret);
        Assert.Equal((new AppliedFault(id, FaultKind.Pace, waits), "MIRELO-KAVODU"), (entries[0].Fault, entries[0].Answer));
        Assert.Null(entries[1].Fault);
    }

    private static IEnumerable<Exception> Causes(Exception e)
    {
        for (var at = e; at is not null; at = at.InnerException)
        {
            yield return at;
        }
    }

    private async Task<IReadOnlyList<(string? Event, string Data)>> WholeAsync(string surface)
    {
        await fakes.AcceptAsync(Calls.FakeOf(surface), _secret);
        return (await fakes.SendAsync(Calls.Of(surface, _secret, "Hello"))).Frames;
    }

    private async Task<string> InjectAsync(string surface, FaultKind kind, int? after)
    {
        await fakes.AcceptAsync(Calls.FakeOf(surface), _secret);
        return await fakes.InjectAsync(new FaultOrder(Calls.FakeOf(surface), kind, CredentialFingerprint.Of(_secret), AfterFrames: after));
    }

    private async Task<JournalEntry> LastEntryAsync() => (await fakes.JournalOfAsync(_secret))[^1];

    /// <summary>Timers of one length are counted and go off at once; all others are the system's.</summary>
    private sealed class ImpatientTime(TimeSpan counted) : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == counted)
            {
                Waits.Enqueue(dueTime);
                dueTime = TimeSpan.Zero;
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
