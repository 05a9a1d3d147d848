using System.Text.Json;
using System.Text.RegularExpressions;
using Molecule.Contracts;
using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Faults;

/// <summary>Says what is wrong with an order, by the name of the field.</summary>
internal static partial class FaultOrders
{
    private const int LongestPace = 60_000;
    private const int LongestWait = 86_400;

    public static string? Complaint(FaultOrder order, VendorTable table)
    {
        if (table.FindById(order.Fake) is not { } fake)
        {
            return $"fake: there is no '{order.Fake}'; there are {string.Join(", ", table.Fakes.Select(static f => f.Id))}.";
        }

        if (order.Credential is null && order.Word is null)
        {
            return "credential, word: both are missing; give the fingerprint of a credential, a word of the prompt, or both.";
        }

        if (order.Credential is { } credential && !Fingerprint().IsMatch(credential))
        {
            return "credential: give the first 16 hex digits, lower case, of the credential's SHA-256; never the credential.";
        }

        if (order.Word is { } word && string.IsNullOrWhiteSpace(word))
        {
            return "word: it is empty; give a word of the prompt or leave it out.";
        }

        var kinds = FaultKinds.Of(fake);
        return kinds.Contains(order.Kind)
            ? NumbersComplaint(order)
            : $"kind: {fake.Id} has no '{Name(order.Kind)}'; it has {string.Join(", ", kinds.Select(Name))}.";
    }

    /// <summary>Every kind by its name on the wire.</summary>
    public static string Names { get; } = string.Join(", ", Enum.GetValues<FaultKind>().Select(Name));

    private static string? NumbersComplaint(FaultOrder order) => order switch
    {
        { Times: < 1 } => $"times: {order.Times} is none; give 1 or more, or leave it out for as long as the fault stands.",
        { RetryAfterSeconds: not null } when !order.Kind.MayAskToWait() => $"retryAfterSeconds: nobody is asked to wait by '{Name(order.Kind)}'; leave it out.",
        { RetryAfterSeconds: < 0 or > LongestWait } => $"retryAfterSeconds: {order.RetryAfterSeconds} is not between 0 and {LongestWait}.",
        { AfterFrames: not null } when !order.Kind.BreaksAStream() && order.Kind is not FaultKind.Silence => $"afterFrames: '{Name(order.Kind)}' breaks no stream; leave it out.",
        { AfterFrames: < 0 } => $"afterFrames: {order.AfterFrames} is negative; give 0 or more.",
        { Kind: FaultKind.Pace, PaceMilliseconds: not (>= 1 and <= LongestPace) } => $"paceMilliseconds: give the wait before each frame, 1 to {LongestPace}.",
        { Kind: not FaultKind.Pace, PaceMilliseconds: not null } => $"paceMilliseconds: '{Name(order.Kind)}' is not paced; leave it out.",
        { WindowTokens: not null } when order.Kind is not FaultKind.ContextOverflow => $"windowTokens: '{Name(order.Kind)}' knows no window; leave it out.",
        { WindowTokens: < 1 } => $"windowTokens: {order.WindowTokens} is none; give 1 or more, or leave it out.",
        _ => null,
    };

    private static string Name(FaultKind kind) => JsonSerializer.Serialize(kind, ContractJson.Compact).Trim('"');

    [GeneratedRegex("^[0-9a-f]{16}$")]
    private static partial Regex Fingerprint();
}
