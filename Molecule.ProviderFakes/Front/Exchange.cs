using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Journal;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Front;

/// <summary>
/// One request being answered, and its journal entry. The entry is in the journal before the last bytes of the answer leave, so that
/// whoever has seen the whole answer finds it there.
/// </summary>
internal sealed class Exchange(HttpContext context, RequestJournal journal, JournalEntry entry)
{
    // Also a request that went astray belongs to somebody, who is known by its words.
    private static readonly ImmutableArray<IWire> AnyWire = [new MessagesWire(), new ResponsesWire(completedHoldsOutput: true)];

    private readonly HttpResponse _response = context.Response;
    private JournalEntry _entry = entry;
    private string _progress = "before it had sent its request";
    private (int Sent, int Of)? _frames;
    private bool _journaled;

    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Notes what a request asks for; also of one that will be refused.</summary>
    public void Describe(Surface? surface, JsonElement? request, string? model)
    {
        _progress = "before it was answered";
        if (request is { ValueKind: JsonValueKind.Object } json)
        {
            _entry = _entry with
            {
                Model = model,
                Stream = surface?.Answer is ModelTurn { Wire: var wire } ? wire.IsStreamed(json) : json.Flag("stream"),
                Prompt = WiresOf(surface).Select(wire => wire.LastUserText(json)).FirstOrDefault(static text => text.Length > 0),
            };
        }
    }

    public void Decide(Turn turn) => _entry = _entry with { Answer = turn.Answer, Tokens = turn.Tokens };

    /// <summary>Notes the fingerprint of a credential that stands in the body.</summary>
    public void Present(string fingerprint) => _entry = _entry with { Credential = fingerprint };

    /// <summary>Notes what a refresh gives out.</summary>
    public void Mint(MintedTokens minted) => _entry = _entry with { Minted = minted };

    /// <summary>Notes the fault that is applied.</summary>
    public void Fail(AppliedFault fault) => _entry = _entry with { Fault = fault };

    public Task RefuseAsync(Verdict verdict)
    {
        _entry = _entry with { Problem = verdict.Problem };
        return RefuseAsync(verdict.Error);
    }

    public Task RefuseAsync(VendorError error)
    {
        foreach (var (name, value) in error.Headers)
        {
            _response.Headers[name] = value;
        }

        if (error.RequestIdHeader is { } header)
        {
            _response.Headers[header] = error.RequestId;
        }

        return WriteAsync(error.Status, error.Json);
    }

    public async Task WriteAsync(int status, string json)
    {
        Append(status);
        _response.StatusCode = status;
        if (json.Length > 0)
        {
            _response.ContentType = "application/json";
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await _response.WriteAsync(json, Aborted);
            }
        }
    }

    /// <summary>Writes a stream to its end.</summary>
    /// <param name="frames">The frames; none for headers alone.</param>
    /// <param name="beforeEach">Waited for before each frame; null where nothing is.</param>
    public async Task StreamAsync(IReadOnlyList<SseFrame> frames, Func<CancellationToken, Task>? beforeEach = null)
    {
        BeginStream();
        for (var i = 0; i < frames.Count; i++)
        {
            Aborted.ThrowIfCancellationRequested();
            _frames = (i, frames.Count);
            if (beforeEach is not null)
            {
                await _response.Body.FlushAsync(Aborted);
                await beforeEach(Aborted);
            }

            if (i == frames.Count - 1)
            {
                Append(StatusCodes.Status200OK);
            }

            // Sends it as well: each frame goes out by itself.
            await _response.BodyWriter.WriteAsync(frames[i].Bytes, Aborted);
        }

        if (frames.Count == 0)
        {
            Append(StatusCodes.Status200OK);
        }
    }

    /// <summary>Writes a stream to its end, with a wait half-way.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="released">Ends the wait.</param>
    /// <param name="stopping">The host stops: the connection is dropped.</param>
    public async Task HoldAsync(IReadOnlyList<SseFrame> frames, Task released, CancellationToken stopping)
    {
        var sent = 0;
        await using (stopping.Register(context.Abort))
        {
            await StreamAsync(frames, cancellationToken => sent++ == frames.Count / 2 ? released.WaitAsync(cancellationToken) : Task.CompletedTask);
        }
    }

    /// <summary>Sends some frames, or nothing at all, and then nothing until the client leaves.</summary>
    /// <param name="frames">The frames; null where not even headers go out.</param>
    /// <param name="stopping">The host stops: the connection is dropped.</param>
    public async Task FallSilentAsync(IReadOnlyList<SseFrame>? frames, CancellationToken stopping)
    {
        if (frames is not null)
        {
            BeginStream();
            foreach (var frame in frames)
            {
                await _response.BodyWriter.WriteAsync(frame.Bytes, Aborted);
            }

            await _response.Body.FlushAsync(Aborted);
        }

        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (Aborted.Register(left.SetResult))
        using (stopping.Register(context.Abort))
        {
            await left.Task;
        }

        Append(_entry.Status);
    }

    /// <summary>Sends some frames and resets the connection.</summary>
    /// <remarks>
    /// By hand, on the connection's socket: Kestrel tells nobody when its buffer has reached the socket, and a reset drops what has not.
    /// </remarks>
    public async Task ResetAsync(IReadOnlyList<SseFrame> frames)
    {
        var socket = context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        var head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
        var chunks = frames.SelectMany(static frame => (byte[])[.. Encoding.ASCII.GetBytes($"{frame.Bytes.Length:x}\r\n"), .. frame.Bytes.Span, .. "\r\n"u8]);
        ReadOnlyMemory<byte> bytes = (byte[])[.. Encoding.ASCII.GetBytes(head), .. chunks];
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, Aborted)..];
        }

        Append(StatusCodes.Status200OK);
        socket.LingerState = new LingerOption(true, 0);
        context.Abort();
    }

    /// <summary>Journals a request whose answer never came to its end.</summary>
    public void Close()
    {
        if (!_journaled)
        {
            var cause = Aborted.IsCancellationRequested ? "The client went away" : "The request broke off";
            var progress = _frames is var (sent, of) ? $"after {sent} of {of} frames of its answer" : _progress;
            _entry = _entry with { Problem = $"{cause} {progress}." };
            Append(_entry.Status);
        }
    }

    private void BeginStream()
    {
        _entry = _entry with { Status = StatusCodes.Status200OK };
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ContentType = "text/event-stream; charset=utf-8";
        _response.Headers.CacheControl = "no-cache";
    }

    private static ImmutableArray<IWire> WiresOf(Surface? surface) => surface?.Answer switch
    {
        ModelTurn turn => [turn.Wire],
        null => AnyWire,
        _ => [],
    };

    private void Append(int status)
    {
        _journaled = true;
        journal.Append(_entry with { Status = status });
    }
}
