using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Clients;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>A create that must be refused, and the look at what it must not have left.</summary>
internal static class RefusedCreate
{
    // Every variable of spec/runtimes-and-providers.md 3.0: whoever holds them all is refused for the model's sake, not for a key's.
    private static readonly ImmutableArray<string> _keys =
    [
        "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "OPENAI_API_KEY", "KIMI_API_KEY", "MINIMAX_API_KEY", "GEMINI_API_KEY", "GROQ_API_KEY",
    ];

    /// <summary>A key of one's own for every vendor, each good for this one create.</summary>
    public static ImmutableSortedDictionary<string, string> EveryKey() =>
        _keys.ToImmutableSortedDictionary(static name => name, static _ => "mol-refused-" + RandomNumberGenerator.GetHexString(32, lowercase: true), StringComparer.Ordinal);

    /// <summary>Asks for it and holds that it is refused so and that nothing is left of it.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="cell">The cell, of which the workspace's name is made.</param>
    /// <param name="runtime">The runtime asked for.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="secrets">What the workspace would hold.</param>
    /// <param name="code">The code that must be answered (spec/runtimes-and-providers.md 4.4).</param>
    /// <param name="names">What the error must name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The refusal in words.</returns>
    public static async Task<string> AssertAsync(
        MoleculeGraph graph, string cell, string runtime, string? model, ImmutableSortedDictionary<string, string> secrets, string code, ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        var name = $"refused {cell} {runtime} {model}".Replace('/', ' ').Replace('@', ' ').Replace(':', ' ');
        var controlPlane = graph.ControlPlane;
        var before = await controlPlane.GlobalSecretsAsync(cancellationToken);

        var outcome = await controlPlane.CreateAsync(new WorkspaceWish(name, runtime, model, secrets), cancellationToken);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, code, null), (outcome.Status, outcome.Code, outcome.Id));
        Assert.All(names, word => Assert.Contains(word, outcome.Error, StringComparison.Ordinal));
        Assert.DoesNotContain(await controlPlane.ListAsync(cancellationToken), w => w.Name == name);
        Assert.DoesNotContain(name, await controlPlane.EventsAsync(cancellationToken), StringComparison.Ordinal);
        Assert.Equal(before, await controlPlane.GlobalSecretsAsync(cancellationToken));
        var keys = secrets.Values.Select(CredentialFingerprint.Of).ToHashSet();
        Assert.DoesNotContain(await graph.JournalAsync(cancellationToken), e => e.Credential is { } used && keys.Contains(used));
        return $"{(int)outcome.Status} {outcome.Code}: {outcome.Error}";
    }

    /// <summary>The record of a cell that consists of refusals alone.</summary>
    public static CellRecord Record(params IEnumerable<string> refusals) => new(null, null, new CellEvidence(string.Join("; ", refusals), [], null, null, 0, null));
}
