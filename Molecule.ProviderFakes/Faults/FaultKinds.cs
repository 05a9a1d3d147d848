using System.Collections.Immutable;
using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Faults;

/// <summary>Which kinds of fault a vendor has on which of its surfaces, asked of the vendor and of the wire themselves.</summary>
internal static class FaultKinds
{
    /// <summary>What can go wrong at a fake, on any of its surfaces.</summary>
    public static ImmutableArray<FaultKind> Of(VendorFake fake) =>
        [.. Enum.GetValues<FaultKind>().Where(kind => fake.Surfaces.Any(surface => AppliesTo(surface, kind, isStream: true) || AppliesTo(surface, kind, isStream: false)))];

    /// <summary>Whether a turn at a surface can go wrong in that way.</summary>
    /// <param name="surface">The surface.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="isStream">Whether the turn was asked for as a stream.</param>
    public static bool AppliesTo(Surface surface, FaultKind kind, bool isStream) => surface.Answer is ModelTurn { Wire: var wire } && kind switch
    {
        FaultKind.Silence => true,
        FaultKind.StreamCut or FaultKind.StreamReset or FaultKind.MalformedStream or FaultKind.Pace or FaultKind.Hold => isStream,
        FaultKind.StreamError => isStream && wire.UsualFailure is not null,
        _ => surface.Refusals.Fault(kind, new FaultedTurn("", wire, 0, null, DateTimeOffset.UnixEpoch)) switch
        {
            null => false,
            StreamFailure => isStream,
            _ => true,
        },
    };

    /// <summary>Whether the fault lets a part of the stream through.</summary>
    public static bool BreaksAStream(this FaultKind kind) =>
        kind is FaultKind.StreamCut or FaultKind.StreamReset or FaultKind.StreamError or FaultKind.MalformedStream;

    /// <summary>Whether a vendor may say how long to wait.</summary>
    public static bool MayAskToWait(this FaultKind kind) => kind is FaultKind.RateLimit or FaultKind.Overloaded or FaultKind.UsageLimit;
}
