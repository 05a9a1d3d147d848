using System.Collections.Immutable;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Egress;

/// <summary>How an agent's own program is brought to dial a host of one's choosing.</summary>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Variables">What it is told by its environment.</param>
/// <param name="Key">For one that serves and dials only when it is asked a turn: the bearer of its own API. Null for all others.</param>
internal sealed record Dialling(ImmutableArray<string> Arguments, ImmutableDictionary<string, string> Variables, string? Key = null)
{
    private const string NoSecret = "mol-egress-control";

    /// <summary>By the program's file name. Measured with codex 0.169.0, claude 2.1.330, Node.js 22 and the emulated hermes.</summary>
    /// <exception cref="LaneException">It is none of those that are known.</exception>
    public static Dialling Of(string executable, string address) => Path.GetFileName(executable) switch
    {
        "codex" => new(["login", "--device-auth", "--experimental_issuer", address], []),
        "claude" => new(["-p", "hello"], Told(
            ("ANTHROPIC_BASE_URL", address), ("ANTHROPIC_API_KEY", NoSecret), ("CLAUDE_CODE_MAX_RETRIES", "0"), ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"))),
        "node" => new(["-e", $"fetch('{address}').catch(() => {{}})"], []),

        // hermes is a program in Python (spec/driving-the-runtimes.md 5).
        var name when name.StartsWith("python", StringComparison.Ordinal) => new(["-c", $"import urllib.request; urllib.request.urlopen('{address}')"], []),
        "Molecule.HermesEmulated" => new(
            ["gateway"],
            Told(("API_SERVER_ENABLED", "true"), ("API_SERVER_PORT", "0"), ("API_SERVER_KEY", NoSecret), ("ANTHROPIC_BASE_URL", address), ("ANTHROPIC_API_KEY", NoSecret)),
            NoSecret),
        var other => throw new LaneException($"There is no positive control for a runtime whose program is '{other}'."),
    };

    private static ImmutableDictionary<string, string> Told(params (string Name, string Value)[] variables) =>
        variables.ToImmutableDictionary(static v => v.Name, static v => v.Value);
}
