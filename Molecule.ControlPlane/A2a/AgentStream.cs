using System.Buffers;
using System.IO.Pipelines;

namespace Molecule.ControlPlane.A2a;

/// <summary>An agent's answer as server-sent events (spec/runtimes-and-providers.md 1.5), read event by event as its bytes stand.</summary>
/// <remarks>Whole events only: whoever breaks off in the middle of one must not spoil the event that says so.</remarks>
public sealed class AgentStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private PipeReader? _reader;
    private long _passed;

    internal AgentStream(HttpResponseMessage response) => _response = response;

    /// <summary>As the agent said it.</summary>
    public string ContentType => _response.Content.Headers.ContentType!.ToString();

    public int Status => (int)_response.StatusCode;

    /// <summary>The next event with the blank line that ends it; empty once the agent has ended its answer.</summary>
    /// <param name="overdue">Ends when the agent may take no longer, or this process stops; the caller's own token is the other one.</param>
    /// <returns>The event, or why there will be no more.</returns>
    public async Task<(ReadOnlyMemory<byte> Event, Delivery.Interrupted? End)> NextAsync(CancellationToken overdue, CancellationToken caller)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(overdue, caller);
        try
        {
            _reader ??= PipeReader.Create(await _response.Content.ReadAsStreamAsync(both.Token));
            while (true)
            {
                var read = await _reader.ReadAsync(both.Token);
                if (EndOfEvent(read.Buffer) is { } end)
                {
                    var whole = read.Buffer.Slice(0, end).ToArray();
                    _reader.AdvanceTo(end);
                    _passed += whole.Length;
                    return _passed > A2aTransport.AnswerLimit ? (default, TooLong()) : (whole, null);
                }

                if (read.Buffer.Length > A2aTransport.AnswerLimit)
                {
                    return (default, TooLong());
                }

                if (read.IsCompleted)
                {
                    return (default, read.Buffer.IsEmpty ? null : new Delivery.Interrupted("its answer ended in the middle of an event"));
                }

                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return (default, new Delivery.Interrupted(A2aTransport.Overdue));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (default, new Delivery.Interrupted("it broke off its answer"));
        }
    }

    public void Dispose() => _response.Dispose();

    private static Delivery.Interrupted TooLong() => new($"its answer is longer than {A2aTransport.AnswerLimit} bytes");

    // A line feed, then an empty line, which may carry a carriage return (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    private static SequencePosition? EndOfEvent(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            if (reader.IsNext((byte)'\n', advancePast: true) || reader.IsNext("\r\n"u8, advancePast: true))
            {
                return reader.Position;
            }
        }

        return null;
    }
}
