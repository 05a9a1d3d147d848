using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Harness.Drift;

/// <summary>Which of the three stands alone against the other two.</summary>
public enum Moved
{
    /// <summary>Our fake is not as vendor and SDK are.</summary>
    Fake,

    /// <summary>The pinned SDK lags behind, or has gone ahead of, what vendor and fake agree on.</summary>
    Sdk,

    /// <summary>The vendor answers otherwise than fake and SDK have it.</summary>
    Live,

    /// <summary>Fake and SDK differ, and the vendor was not asked.</summary>
    FakeOrSdk,
}

/// <summary>A difference between fake, SDK and live answer.</summary>
/// <param name="Probe">Where it was seen.</param>
/// <param name="Moved">Who moved.</param>
/// <param name="Member">The member; for a frame of a stream with the frame's kind in front.</param>
/// <param name="Text">In words.</param>
public sealed record Drifted(string Probe, Moved Moved, string Member, string Text);

/// <summary>Compares an answer of a fake, the model of the SDK and the vendor's live answer.</summary>
public static class ThreeWay
{
    /// <summary>What differs, and who moved.</summary>
    /// <param name="probe">The call.</param>
    /// <param name="fake">The documents that our fake answered.</param>
    /// <param name="live">Those that the vendor answered; null where it was not asked.</param>
    /// <param name="deviations">What is known of.</param>
    public static ImmutableArray<Drifted> Compare(AnswerProbe probe, ImmutableArray<JsonElement> fake, ImmutableArray<JsonElement>? live, Deviations deviations)
    {
        ArgumentNullException.ThrowIfNull(probe);
        ArgumentNullException.ThrowIfNull(deviations);
        var ours = Leg.Of(probe.Model, fake, deviations);
        var drifted = ImmutableArray.CreateBuilder<Drifted>();
        if (live is not { } documents)
        {
            foreach (var (member, finding) in ours.Findings)
            {
                drifted.Add(new Drifted(probe.Name, Moved.FakeOrSdk, member, finding.Say(probe.Model)));
            }

            return drifted.ToImmutable();
        }

        var theirs = Leg.Of(probe.Model, documents, deviations);
        foreach (var (member, finding) in ours.Findings)
        {
            var isAlikeLive = theirs.Findings.ContainsKey(member);
            drifted.Add(new Drifted(probe.Name, isAlikeLive ? Moved.Sdk : Moved.Fake, member, $"{finding.Say(probe.Model)}; {(isAlikeLive ? "the vendor answers as our fake does" : "the vendor answers otherwise than our fake")}"));
        }

        foreach (var (member, finding) in theirs.Findings.Where(f => !ours.Findings.ContainsKey(f.Key)))
        {
            drifted.Add(new Drifted(probe.Name, Moved.Live, member, $"{finding.Say(probe.Model)}; our fake answers as the SDK has it"));
        }

        // What the SDK takes both ways: whoever leaves it out, or has it, alone. Below a member that differs everything does.
        foreach (var member in theirs.Members.Except(ours.Members).Where(m => ours.Has(Above(m)) && !theirs.Findings.ContainsKey(m) && !ours.Findings.ContainsKey(m)))
        {
            drifted.Add(new Drifted(probe.Name, Moved.Fake, member, $"'{member}': the vendor answers it and the SDK knows it; our fake leaves it out"));
        }

        foreach (var member in ours.Members.Except(theirs.Members).Where(m => theirs.Has(Above(m)) && !theirs.Findings.ContainsKey(m) && !ours.Findings.ContainsKey(m)))
        {
            drifted.Add(new Drifted(probe.Name, Moved.Live, member, $"'{member}': our fake answers it and the SDK knows it; the vendor leaves it out"));
        }

        return [.. drifted.OrderBy(static d => d.Member, StringComparer.Ordinal)];
    }

    private static string Above(string member) =>
        member.Split(": ") is [var frame, var path] ? JsonPaths.Above(path) is { Length: > 0 } above ? $"{frame}: {above}" : $"{frame}:" : JsonPaths.Above(member);

    private sealed record Leg(ImmutableSortedDictionary<string, MemberFinding> Findings, ImmutableSortedSet<string> Members)
    {
        public static Leg Of(IVendorModel model, ImmutableArray<JsonElement> documents, Deviations deviations)
        {
            var findings = ImmutableSortedDictionary.CreateBuilder<string, MemberFinding>(StringComparer.Ordinal);
            var members = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
            foreach (var document in documents)
            {
                var frame = documents.Length > 1 && document.ValueKind is JsonValueKind.Object && document.TryGetProperty("type", out var kind) ? $"{kind}: " : "";
                members.UnionWith(JsonPaths.Of(document).Keys.Select(path => frame + path));
                members.Add(frame.TrimEnd());
                foreach (var finding in deviations.Sift(model, "answer", model.Read(document)))
                {
                    findings.TryAdd(frame + finding.Path, finding);
                }
            }

            return new Leg(findings.ToImmutable(), members.ToImmutable());
        }

        // An object that the SDK keeps by items is there where anything of it is.
        public bool Has(string member) => Members.Contains(member) || Members.Any(m => m.StartsWith(member.EndsWith("[]", StringComparison.Ordinal) ? $"{member}." : $"{member}[]", StringComparison.Ordinal));
    }
}
