using System.Collections.Immutable;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Overflow;

/// <summary>The turns of a conversation that outgrew its model, by what each is for.</summary>
/// <param name="Begun">The first, which is short.</param>
/// <param name="Fills">Those that fill the window; one at least.</param>
/// <param name="Wedged">Does not fit any more, with the switch off.</param>
/// <param name="Still">The one after it.</param>
/// <param name="Healed">The same with the switch on.</param>
/// <param name="Next">A short one after it.</param>
/// <param name="TooLong">Is longer than the window by itself; null where nobody takes a message as long.</param>
/// <param name="Last">A short one at the end.</param>
public sealed record AutohealTurns(
    LaneTurn Begun, ImmutableArray<LaneTurn> Fills, LaneTurn Wedged, LaneTurn Still, LaneTurn Healed, LaneTurn Next, LaneTurn? TooLong, LaneTurn Last)
{
    /// <summary>The last that was served before the window was full.</summary>
    public LaneTurn Filled => Fills[^1];

    /// <summary>Those that are answered.</summary>
    public ImmutableArray<LaneTurn> Served => [Begun, .. Fills, Healed, Next, Last];

    /// <summary>Those that are refused for their length.</summary>
    public ImmutableArray<LaneTurn> Refused => TooLong is null ? [Wedged, Still] : [Wedged, Still, TooLong];

    /// <summary>All of them, in the order in which they were sent.</summary>
    public ImmutableArray<LaneTurn> All => TooLong is null ? [Begun, .. Fills, Wedged, Still, Healed, Next, Last] : [Begun, .. Fills, Wedged, Still, Healed, Next, TooLong, Last];
}
