using System.Collections.Immutable;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// A conversation is filled by real turns until it outgrows its model's window. First with the workspace's autoheal switched off, which leaves
/// it wedged, then switched on; then a message that is too long by itself. Where the agent can make room by itself, that is switched off for all
/// of this and shown at the end.
/// </summary>
/// <param name="feature">What it is run for.</param>
/// <param name="compaction">The variables that keep the agent from making room by itself; none where it does not.</param>
public sealed class AutohealScript(string feature, ImmutableArray<string> compaction) : ILaneScript
{
    /// <summary>How many turns there are without an agent's own compaction.</summary>
    public const int Turns = 8;

    private const string Switch = "MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL";
    private const string Row = "context_overflow_autoheal";

    // Tokens. A turn of Long fits beside what every request holds and nothing fits beside it but a short one; Short alone fits easily.
    private const int Room = 6_200;
    private const int Long = 5_800;
    private const int Short = 2_000;
    private const int TooLong = 8_000;

    // Roughly what vendors say of English text (https://platform.openai.com/tokenizer).
    private const int CharactersPerToken = 4;

    public string Feature => feature;

    /// <summary>The window that the vendor had, in tokens; null before it had one.</summary>
    public long? Window { get; private set; }

    /// <summary>What the workspace was to remember; null before it was told.</summary>
    public string? Memory { get; private set; }

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var (tag, memory) = (lane.FreshWords().First, lane.FreshWords().First);
        Memory = memory;
        await CompactAsync(isOff: true).ConfigureAwait(false);
        var begun = await AskAsync(0).ConfigureAwait(false);
        Window = await lane.TokensOfAsync(begun, cancellationToken).ConfigureAwait(false) + Room;
        await using var lowered = await lane.LowerWindowAsync(Window.Value, tag, cancellationToken).ConfigureAwait(false);

        await lane.SetAsync(Switch, "off", cancellationToken).ConfigureAwait(false);
        var filled = await AskAsync(Long).ConfigureAwait(false);
        var wedged = await AskAsync(Short).ConfigureAwait(false);
        var still = await AskAsync(Short).ConfigureAwait(false);
        await lane.RememberAsync($"The user's cat is called {memory}.", cancellationToken).ConfigureAwait(false);
        await lane.SetAsync(Switch, "on", cancellationToken).ConfigureAwait(false);
        var healed = await AskAsync(Short).ConfigureAwait(false);
        var next = await AskAsync(0).ConfigureAwait(false);
        var tooLong = await AskAsync(TooLong).ConfigureAwait(false);
        ImmutableArray<LaneTurn> walked = [begun, filled, wedged, still, healed, next, tooLong, await AskAsync(0).ConfigureAwait(false)];
        if (compaction.IsEmpty)
        {
            return walked;
        }

        await CompactAsync(isOff: false).ConfigureAwait(false);
        return [.. walked, await AskAsync(Long).ConfigureAwait(false), await AskAsync(Short).ConfigureAwait(false), await AskAsync(0).ConfigureAwait(false)];

        async Task CompactAsync(bool isOff)
        {
            foreach (var variable in compaction)
            {
                await lane.SetAsync(variable, isOff ? "1" : "0", cancellationToken).ConfigureAwait(false);
            }
        }

        async Task<LaneTurn> AskAsync(int tokens)
        {
            var words = lane.FreshWords();
            var turn = await lane.SendAsync(words, $"About {tag}. {Text(tokens)}{words.Prompt}", words.Reversed, cancellationToken).ConfigureAwait(false);
            return turn with
            {
                StatusAfter = await lane.StatusAsync("online", cancellationToken).ConfigureAwait(false),
                RowsAfter = await lane.RowsAsync(Row, cancellationToken).ConfigureAwait(false),
            };
        }
    }

    private static string Text(int tokens) => Minutes.OfCharacters(tokens * CharactersPerToken);
}
