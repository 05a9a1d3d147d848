using System.Text.Json;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Turns;

/// <summary>One request to a model and what it is answered.</summary>
/// <param name="Id">32 hex digits from which the wires make their ids.</param>
/// <param name="At">When the request came.</param>
/// <param name="Model">The model id of the request.</param>
/// <param name="Prompt">The last user text.</param>
/// <param name="Answer">The text answered; empty where a tool is called instead.</param>
/// <param name="Tool">The tool that is called; null for an answer in text.</param>
/// <param name="Tokens">A token for each four characters begun, of the whole request's body and of the answer: plausible, not exact.</param>
public sealed record Turn(string Id, DateTimeOffset At, string Model, string Prompt, string Answer, ToolCall? Tool, TokenCount Tokens)
{
    private const int CharactersPerToken = 4;
    private const int LeastPieces = 3;
    private const int MostPieces = 24;

    public static Turn Of(IWire wire, string body, JsonElement request, string model, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(wire);
        ArgumentNullException.ThrowIfNull(body);
        var prompt = wire.LastUserText(request);
        var result = wire.ToolResult(request);
        var tool = result is null ? ToolCall.AskedFor(prompt, wire.Tools(request)) : null;
        var answer = result is not null ? $"The tool answered: {result}" : tool is not null ? "" : ModelAnswer.To(prompt, ModelContext.Before(prompt, request));
        return new Turn(
            Guid.NewGuid().ToString("N"),
            at,
            model,
            prompt,
            answer,
            tool,
            new TokenCount(TokensOf(body.Length), TokensOf(answer.Length + (tool?.Arguments.Length ?? 0))));
    }

    public static long TokensOf(long characters) => (characters + CharactersPerToken - 1) / CharactersPerToken;

    /// <summary>The answer as a stream's deltas: several, never empty.</summary>
    public IEnumerable<string> Pieces() => PiecesOf(Answer);

    /// <summary>A text as a stream's deltas.</summary>
    public static IEnumerable<string> PiecesOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var count = Math.Clamp(text.Length / CharactersPerToken, LeastPieces, MostPieces);
        return text.Length == 0 ? [] : text.Chunk((text.Length + count - 1) / count).Select(static piece => new string(piece));
    }
}
