using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;

namespace Molecule.Harness.Drift;

/// <summary>Asks the fakes what the probes ask.</summary>
public sealed class FakeLeg(HttpClient http, FakesClient fakes)
{
    private readonly string _credential = $"mol-drift-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";

    /// <summary>By which the journal knows the probes.</summary>
    public string Fingerprint => CredentialFingerprint.Of(_credential);

    /// <summary>The documents of each probe's answer.</summary>
    /// <exception cref="HttpRequestException">A fake answers another status than the probe's.</exception>
    public async Task<ImmutableArray<(AnswerProbe Probe, ImmutableArray<JsonElement> Documents)>> ReadAsync(CancellationToken cancellationToken)
    {
        var there = await fakes.DescribeAsync(cancellationToken).ConfigureAwait(false);
        var read = ImmutableArray.CreateBuilder<(AnswerProbe, ImmutableArray<JsonElement>)>();
        foreach (var arm in AnswerProbes.All.Select(static p => p.Arm).Distinct())
        {
            await fakes.AcceptAsync(new AcceptedCredential(arm, Fingerprint), cancellationToken).ConfigureAwait(false);
        }

        foreach (var probe in AnswerProbes.All)
        {
            var address = new Uri(fakes.Address.GetLeftPart(UriPartial.Authority) + there.First(f => f.Fake == probe.Arm).BasePath + probe.Path);
            read.Add((probe, await ProbeCall.SendAsync(http, address, probe, _credential, cancellationToken).ConfigureAwait(false)));
        }

        return read.ToImmutable();
    }
}
