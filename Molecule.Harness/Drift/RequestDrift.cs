using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Drift;

/// <summary>Holds the requests that agents send against the models of their vendors' own SDKs.</summary>
public static class RequestDrift
{
    /// <summary>The model of a request to a path; null where no SDK of its vendor's has one here.</summary>
    public static IVendorModel? ModelOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path switch
        {
            _ when path.EndsWith("/messages", StringComparison.Ordinal) => VendorModels.MessageRequest,
            _ when path.EndsWith("/messages/count_tokens", StringComparison.Ordinal) => VendorModels.CountRequest,
            _ when path.EndsWith("/responses", StringComparison.Ordinal) => VendorModels.ResponseRequest,
            _ when path.EndsWith("/chat/completions", StringComparison.Ordinal) => VendorModels.CompletionRequest,
            _ => null,
        };
    }

    /// <summary>What of the requests is drift, and how many of each sender were read.</summary>
    public static RequestReading Read(RequestSamples requests, Deviations deviations)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(deviations);
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        var read = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var unread = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var sample in requests.Samples)
        {
            if (ModelOf(sample.Path) is not { } model)
            {
                unread.Add($"{sample.Sender} {sample.Path}");
                continue;
            }

            read[sample.Sender] = read.GetValueOrDefault(sample.Sender) + 1;
            lines.UnionWith(deviations.Sift(model, sample.Sender, model.Read(sample.Body)).Select(finding => $"{sample.Sender} to {sample.Fake} {sample.Path}: {finding.Say(model)}"));
        }

        if (requests.Dropped > 0)
        {
            lines.Add($"{requests.Dropped} requests were of shapes for which the fakes had no room: they were not read");
        }

        return new RequestReading([.. lines], read.ToImmutableSortedDictionary(StringComparer.Ordinal), [.. unread]);
    }
}

/// <summary>What came of it.</summary>
/// <param name="Drift">A line each.</param>
/// <param name="Read">How many shapes of each sender were read.</param>
/// <param name="Unread">What no SDK has a model of.</param>
public sealed record RequestReading(ImmutableArray<string> Drift, ImmutableSortedDictionary<string, int> Read, ImmutableArray<string> Unread);
