using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
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

    public Task RefuseAsync(Verdict verdict)
    {
        var (error, problem) = verdict;
        _entry = _entry with { Problem = problem };
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

    public async Task StreamAsync(IReadOnlyList<SseFrame> frames)
    {
        _entry = _entry with { Status = StatusCodes.Status200OK };
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ContentType = "text/event-stream; charset=utf-8";
        _response.Headers.CacheControl = "no-cache";
        for (var i = 0; i < frames.Count; i++)
        {
            Aborted.ThrowIfCancellationRequested();
            _progress = $"after {i} of {frames.Count} frames of its answer";
            if (i == frames.Count - 1)
            {
                Append(StatusCodes.Status200OK);
            }

            await _response.WriteAsync(frames[i].ToString(), Aborted);
            await _response.Body.FlushAsync(Aborted);
        }
    }

    /// <summary>Journals a request whose answer never came to its end.</summary>
    public void Close()
    {
        if (!_journaled)
        {
            var cause = Aborted.IsCancellationRequested ? "The client went away" : "The request broke off";
            _entry = _entry with { Problem = $"{cause} {_progress}." };
            Append(_entry.Status);
        }
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
