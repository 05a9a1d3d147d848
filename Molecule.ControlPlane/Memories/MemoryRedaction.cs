using System.Text.RegularExpressions;

namespace Molecule.ControlPlane.Memories;

/// <summary>Takes credentials out of a text before it is kept (spec/control-plane.md 9.2).</summary>
public static partial class MemoryRedaction
{
    // Assignments first: what they hide would match the later, vaguer ones too.
    private static readonly (Regex Pattern, string Label)[] Rules =
    [
        (ApiKey(), "API_KEY"), (Token(), "TOKEN"), (Secret(), "SECRET"), (BearerToken(), "BEARER_TOKEN"), (SkKey(), "SK_TOKEN"), (Ctx7Key(), "CTX7_TOKEN"), (Base64(), "BASE64_BLOB"),
    ];

    /// <summary>The text with each credential replaced by <c>[REDACTED:LABEL]</c>.</summary>
    public static string Redact(string text) => Rules.Aggregate(text, static (rest, rule) => rule.Pattern.Replace(rest, $"[REDACTED:{rule.Label}]"));

    [GeneratedRegex(@"\b[A-Za-z0-9_]*_API_KEY\s*=\s*[^\s\[]\S*")]
    private static partial Regex ApiKey();

    [GeneratedRegex(@"\b[A-Za-z0-9_]*_TOKEN\s*=\s*[^\s\[]\S*")]
    private static partial Regex Token();

    [GeneratedRegex(@"\b[A-Za-z0-9_]*_SECRET\s*=\s*[^\s\[]\S*")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\bBearer\s+[A-Za-z0-9._~+/=-]+")]
    private static partial Regex BearerToken();

    [GeneratedRegex(@"\bsk-[A-Za-z0-9_-]{8,}")]
    private static partial Regex SkKey();

    [GeneratedRegex(@"\bctx7_[A-Za-z0-9_-]+")]
    private static partial Regex Ctx7Key();

    [GeneratedRegex(@"[A-Za-z0-9+/]{33,}={0,2}")]
    private static partial Regex Base64();
}
