using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Keys;
using Molecule.Harness.Live;

namespace Molecule.Harness.Drift;

/// <summary>Asks the vendors what the probes ask: at most one request a probe, each of 64 tokens at most.</summary>
public sealed class LiveLeg
{
    private static readonly ImmutableSortedDictionary<string, string> _keyOf = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("anthropic-api", "E2E_ANTHROPIC_API_KEY"),
        KeyValuePair.Create("openai-api", "E2E_OPENAI_API_KEY"),
    ]);

    private readonly HttpClient _http;
    private readonly Uri _fakes;
    private readonly LiveKeys _keys;
    private readonly Func<string, string?> _environment;

    private LiveLeg(HttpClient http, Uri fakes, LiveKeys keys, Func<string, string?> environment) => (_http, _fakes, _keys, _environment) = (http, fakes, keys, environment);

    /// <summary>With the keys that this machine has.</summary>
    /// <exception cref="KeySourceException">A source of keys cannot be read.</exception>
    public static async Task<LiveLeg> OfThisMachineAsync(HttpClient http, Uri fakes, Func<string, string?> environment, CancellationToken cancellationToken) =>
        new(http, fakes, await LiveKeys.OfThisMachineAsync(environment, [.. _keyOf.Values], cancellationToken).ConfigureAwait(false), environment);

    /// <summary>What the vendor answers; without a key, or where the vendor cannot be reached, why not.</summary>
    /// <exception cref="Coverage.Planning.RunRequestException">The arm is pointed at no address.</exception>
    public async Task<LiveAnswer> AskAsync(AnswerProbe probe, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var name = _keyOf[probe.Arm];
        if (_keys.Find(name) is not { Length: > 0 } key)
        {
            return new LiveAnswer(null, $"no-credential: {name}");
        }

        var arm = LiveArms.Find(probe.Arm)!;
        var given = LiveArms.OverrideOf(probe.Arm, _environment);
        var reached = LiveAddress.Of(arm, given, _fakes, LiveAddress.Resolve);
        if (reached is ReachedMode.Mock)
        {
            return new LiveAnswer(null, $"{LiveArms.UrlVariableOf(probe.Arm)} points at our own fakes");
        }

        try
        {
            var address = new Uri((given ?? arm.Base).ToString().TrimEnd('/') + probe.BelowBase);
            return new LiveAnswer(await ProbeCall.SendAsync(_http, address, probe, key, cancellationToken).ConfigureAwait(false), null, reached is ReachedMode.LiveStandIn);
        }
        catch (HttpRequestException e) when (e.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden)
        {
            return new LiveAnswer(null, $"credential refused: {name}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new LiveAnswer(null, $"no answer that can be read: {e.Message}");
        }
    }
}

/// <summary>A vendor's answer, or why there is none.</summary>
/// <param name="Documents">Its documents; null where the leg is unchecked.</param>
/// <param name="Why">Why it is unchecked.</param>
/// <param name="IsStandIn">Whether another server than the vendor's answered.</param>
public sealed record LiveAnswer(ImmutableArray<JsonElement>? Documents, string? Why, bool IsStandIn = false)
{
    /// <summary>Whether the vendor itself was compared.</summary>
    public bool IsVendors => Documents is not null && !IsStandIn;

    /// <summary>The leg in words.</summary>
    public string Said => Documents is null ? $"unchecked ({Why})" : IsStandIn ? "live (stand-in), live vendor unchecked" : "compared";
}
