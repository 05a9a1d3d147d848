using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Drift;

/// <summary>The positive control of each detector: what was read as it came is spoilt, and must be found. A detector that finds nothing in it finds nothing.</summary>
public static class DriftControl
{
    private const string Stranger = "of_no_vendor";

    /// <summary>What the detectors let pass that they had to find; nothing where all is well.</summary>
    /// <param name="answers">The answers of the fakes.</param>
    /// <param name="requests">The requests of the agents.</param>
    /// <param name="deviations">What is known of, which must not cover the control.</param>
    public static ImmutableArray<string> Missed(ImmutableArray<(AnswerProbe Probe, ImmutableArray<JsonElement> Documents)> answers, RequestSamples requests, Deviations deviations)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var missed = ImmutableArray.CreateBuilder<string>();
        foreach (var (probe, documents) in answers)
        {
            var more = documents.SetItem(0, With(documents[0], Stranger));
            if (!ThreeWay.Compare(probe, more, null, deviations).Any(static d => d.Member.EndsWith(Stranger, StringComparison.Ordinal)))
            {
                missed.Add($"{probe.Name}: a member that no vendor sends was let pass");
            }

            var found = ThreeWay.Compare(probe, more, documents, deviations).Where(static d => d.Member.EndsWith(Stranger, StringComparison.Ordinal)).Select(static d => d.Moved);
            if (!found.SequenceEqual([Moved.Fake]))
            {
                missed.Add($"{probe.Name}: a fake that alone sends a member was not told to have moved");
            }

            if (!documents.Any(document => Members(document).Any(member => !ThreeWay.Compare(probe, [Without(document, member)], null, deviations).IsEmpty)))
            {
                missed.Add($"{probe.Name}: none of its members could be taken out and be missed");
            }
        }

        foreach (var sample in requests.Samples.Where(static s => RequestDrift.ModelOf(s.Path) is not null).GroupBy(static s => (s.Sender, s.Path)).Select(static g => g.First()))
        {
            var spoilt = new RequestSamples([sample with { Body = With(sample.Body, Stranger) }], 0);
            if (!RequestDrift.Read(spoilt, deviations).Drift.Any(static line => line.Contains(Stranger, StringComparison.Ordinal)))
            {
                missed.Add($"{sample.Sender} {sample.Path}: a member that no vendor takes was let pass");
            }
        }

        return missed.ToImmutable();
    }

    private static IEnumerable<string> Members(JsonElement document) => document.ValueKind is JsonValueKind.Object ? document.EnumerateObject().Select(static m => m.Name) : [];

    private static JsonElement With(JsonElement document, string member)
    {
        var changed = JsonObject.Create(document)!;
        changed[member] = 1;
        return JsonSerializer.SerializeToElement(changed);
    }

    private static JsonElement Without(JsonElement document, string member)
    {
        var changed = JsonObject.Create(document)!;
        changed.Remove(member);
        return JsonSerializer.SerializeToElement(changed);
    }
}
