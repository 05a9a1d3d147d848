using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Front;

/// <summary>Says which mapping an unmatched request came nearest to.</summary>
internal static class NearestSurface
{
    // A path under another method is as near as one with so many letters changed.
    private const int OtherMethod = 8;

    private const int Longest = 100;

    /// <summary>A sentence for the journal.</summary>
    /// <param name="table">All fakes.</param>
    /// <param name="fake">The fake whose base path matched, if any.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="path">The path below the fake's base path; the whole path where none matched.</param>
    public static string Describe(VendorTable table, VendorFake? fake, string method, string path)
    {
        var candidates = from f in fake is null ? table.Fakes.AsEnumerable() : [fake]
                         from s in f.Surfaces
                         let at = fake is null ? f.BasePath + s.Path : s.Path
                         orderby Distance(path, at) + (s.Method == method ? 0 : OtherMethod), at.Length
                         select $"{s.Method} {at} of {f.Id} ({f.BasePath})";
        var doubled = IsDoubled(path) ? " The path holds /v1 twice: the base URL ends in /v1 and the client adds its own." : "";
        return $"Nothing is mapped to {method} {path}; the nearest mapping is {candidates.First()}.{doubled}";
    }

    /// <summary>Whether a client has put /v1 behind a base URL that ends in it.</summary>
    public static bool IsDoubled(string path) => $"{path}/".Contains("/v1/v1/", StringComparison.Ordinal);

    // Levenshtein. Paths are short; a request with a long one is cut.
    private static int Distance(string a, string b)
    {
        a = a.Length > Longest ? a[..Longest] : a;
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        var current = new int[b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }

            (previous, current) = (current, previous);
        }

        return previous[^1];
    }
}
