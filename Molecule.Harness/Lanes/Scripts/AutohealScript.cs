using System.Collections.Immutable;
using System.Globalization;
using Molecule.Harness.Overflow;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>
/// A conversation is filled by real turns until it outgrows its model's window. First with the workspace's autoheal switched off, which leaves
/// it wedged, then switched on; then a message that is too long by itself. A fake's window is lowered for it, a vendor's is filled as it is. Where the
/// agent can make room by itself, that is switched off for all of this, and shown at the end where the window is a fake's.
/// </summary>
/// <param name="feature">What it is run for.</param>
/// <param name="compaction">The variables that keep the agent from making room by itself; none where it does not.</param>
/// <param name="real">The vendor's window, in tokens; null where it is a fake's, which can be lowered.</param>
public sealed class AutohealScript(string feature, ImmutableArray<string> compaction, long? real = null) : ILaneScript
{
    private const string Switch = "MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL";

    // spec/runtimes-and-providers.md 2.1
    private const string AgentsWindow = "MODEL_CONTEXT_WINDOW";
    private const string Row = "context_overflow_autoheal";

    // Tokens. A turn of Long fits beside what every request holds and nothing fits beside it but a short one; Short alone fits easily.
    private const int Room = 6_200;
    private const int Long = 5_800;
    private const int Short = 2_000;
    private const int TooLong = 8_000;

    // Roughly what vendors say of English text (https://platform.openai.com/tokenizer).
    private const int CharactersPerToken = 4;

    // Live: the first, the measured, the healed, the next and the last one.
    private const int ShortTurns = 5;

    private long? _lowered;

    public string Feature => feature;

    public int ServedTurns => real is { } window ? ShortTurns + new WindowFill(window).MostParts : 1;

    public long InputBesides => real is { } window ? new WindowFill(window).MostTokens : 0;

    /// <summary>The window that the vendor had, in tokens; null before it had one.</summary>
    public long? Window => real ?? _lowered;

    /// <summary>What the workspace was to remember; null before it was told.</summary>
    public string? Memory { get; private set; }

    /// <summary>The turns by what they are for, without those that show the agent's own compaction; null before the last of them.</summary>
    public AutohealTurns? Walked { get; private set; }

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var (tag, memory) = (lane.FreshWords().First, lane.FreshWords().First);
        Memory = memory;
        await CompactAsync(isOff: true).ConfigureAwait(false);
        if (real is { } known && !compaction.IsEmpty)
        {
            // An agent that sends nothing that it takes for too long would refuse in its vendor's place: each message that was refused stays in the conversation.
            await lane.SetAsync(AgentsWindow, (known * 10).ToString(CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false);
        }

        var begun = await AskAsync(0).ConfigureAwait(false);
        await using var lowered = await LoweredAsync().ConfigureAwait(false);

        await lane.SetAsync(Switch, "off", cancellationToken).ConfigureAwait(false);
        var (fills, overflow, alone) = real is { } window ? await FillAsync(new WindowFill(window)).ConfigureAwait(false) : await FillLoweredAsync().ConfigureAwait(false);
        var wedged = Refused(await AskAsync(overflow).ConfigureAwait(false));
        if (real is not null && !wedged.IsServedByNobody)
        {
            // Whatever comes after it would be paid for and show nothing.
            throw new LaneException($"A conversation beyond {real} tokens, the window that prices.yaml has of its model, was not refused for its length: {wedged.Reply}");
        }

        var still = Refused(await AskAsync(overflow).ConfigureAwait(false));
        await lane.RememberAsync($"The user's cat is called {memory}.", cancellationToken).ConfigureAwait(false);
        await lane.SetAsync(Switch, "on", cancellationToken).ConfigureAwait(false);
        var healed = await AskAsync(overflow).ConfigureAwait(false);
        var next = await AskAsync(0).ConfigureAwait(false);
        var tooLong = alone is { } characters ? Refused(await AskAsync(characters).ConfigureAwait(false)) : null;
        Walked = new AutohealTurns(begun, fills, wedged, still, healed, next, tooLong, await AskAsync(0).ConfigureAwait(false));
        if (compaction.IsEmpty || real is not null)
        {
            return Walked.All;
        }

        await CompactAsync(isOff: false).ConfigureAwait(false);
        return [.. Walked.All, await AskAsync(Long * CharactersPerToken).ConfigureAwait(false), await AskAsync(overflow).ConfigureAwait(false), await AskAsync(0).ConfigureAwait(false)];

        async Task<PlacedFault?> LoweredAsync()
        {
            if (real is not null)
            {
                return null;
            }

            _lowered = await lane.TokensOfAsync(begun, cancellationToken).ConfigureAwait(false) + Room;
            return await lane.LowerWindowAsync(_lowered.Value, tag, cancellationToken).ConfigureAwait(false);
        }

        async Task<(ImmutableArray<LaneTurn> Fills, int Overflow, int? Alone)> FillLoweredAsync() =>
            ([await AskAsync(Long * CharactersPerToken).ConfigureAwait(false)], Short * CharactersPerToken, TooLong * CharactersPerToken);

        // What a token is the runtime's own counts say: the vendors' tokenizers differ.
        async Task<(ImmutableArray<LaneTurn> Fills, int Overflow, int? Alone)> FillAsync(WindowFill fill)
        {
            var fills = ImmutableArray.Create(await AskAsync(WindowFill.Sample).ConfigureAwait(false));
            var before = InputOf(fills[0]);
            var perToken = WindowFill.Measure(InputOf(begun), before, WindowFill.Sample);
            foreach (var part in fill.Fills(before, perToken))
            {
                fills = fills.Add(await AskAsync(part).ConfigureAwait(false));
            }

            return (fills, fill.Overflow(InputOf(fills[^1]), perToken), fill.Alone(perToken));
        }

        async Task CompactAsync(bool isOff)
        {
            foreach (var variable in compaction)
            {
                await lane.SetAsync(variable, isOff ? "1" : "0", cancellationToken).ConfigureAwait(false);
            }
        }

        async Task<LaneTurn> AskAsync(int characters)
        {
            var words = lane.FreshWords();
            var prompt = $"About {tag}. {Minutes.OfCharacters(characters)}{words.Prompt}";
            var turn = await lane.SendAsync(words, prompt, words.Reversed, cancellationToken, real is null ? null : Deadlines.FillingTurn).ConfigureAwait(false);
            return turn with
            {
                StatusAfter = await lane.StatusAsync("online", cancellationToken).ConfigureAwait(false),
                RowsAfter = await lane.RowsAsync(Row, cancellationToken).ConfigureAwait(false),
            };
        }
    }

    private static LaneTurn Refused(LaneTurn turn) => turn with { IsServedByNobody = LengthRefusal.IsToldBy(turn.Reply) };

    private static long InputOf(LaneTurn turn) =>
        turn.Reply.Tokens?.Input ?? throw new LaneException($"The window cannot be filled: the runtime reported no tokens of a turn. It said: {turn.Reply.Error ?? turn.Reply.Text}");
}
