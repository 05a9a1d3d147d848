using Molecule.Contracts.Journal;

namespace Molecule.ControlPlane.Llm;

/// <summary>One request's entry. It is written once, before the last bytes of the answer leave, so that who has the answer finds it.</summary>
public sealed class LlmExchange(LlmBooks books, JournalEntry entry)
{
    private JournalEntry _entry = entry;
    private Guid? _workspace;
    private bool _isWritten;

    /// <summary>Whose request it is.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="arm">The arm that it was created on: platform, or the keyless one.</param>
    public void Authorized(Guid workspace, string? arm)
    {
        _workspace = workspace;
        _entry = _entry with { Fake = arm ?? _entry.Fake };
    }

    public void Describe(LlmRequest request, LlmSurface surface)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(surface);
        _entry = _entry with { Model = request.Model, Stream = request.WantsStream, Prompt = surface.LastUserText(request.Json) };
    }

    /// <summary>Writes the entry, unless it has been.</summary>
    /// <param name="problem">Why the request was not served; null for one that was.</param>
    public Task CloseAsync(int status, Tally? tally, string? problem)
    {
        if (_isWritten)
        {
            return Task.CompletedTask;
        }

        _isWritten = true;
        return books.WriteAsync(_workspace, _entry with { Status = status, Answer = tally?.Text, Tokens = tally?.Tokens, Problem = problem });
    }
}
