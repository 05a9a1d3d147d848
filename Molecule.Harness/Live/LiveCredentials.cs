using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.Harness.Credentials;
using Molecule.Harness.Keys;
using Molecule.Harness.Lanes;
using Molecule.Harness.Logins;
using Molecule.Registry;

namespace Molecule.Harness.Live;

/// <summary>What a live lane's workspace is created with: the real key and, where somebody says so, another address than the vendor's.</summary>
/// <param name="registry">providers.yaml.</param>
/// <param name="keys">The run's live keys.</param>
/// <param name="synthetic">Knows by which variable a runtime is told where its arm is.</param>
/// <param name="login">The one that is good for one use.</param>
/// <param name="refused">The preflight's dead keys, by arm.</param>
/// <param name="environment">Holds MOLECULE_LIVE_URL_ARM.</param>
public sealed class LiveCredentials(
    ProviderRegistry registry, LiveKeys keys, SyntheticCredentials synthetic, OneUseLogin login, ImmutableDictionary<string, Preflight> refused, Func<string, string?> environment)
{
    /// <summary>The lane's credential, and the variable that holds its base URL.</summary>
    /// <exception cref="LiveUncheckedException">There is none that could be used.</exception>
    /// <exception cref="LaneException">It is a login that was refreshed and could not be written back.</exception>
    public async Task<(LaneCredential Credential, string KeyVariable, string UrlVariable)> OfAsync(LaneKey lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var provider = registry.FindProvider(lane.Arm) ?? throw new InvalidOperationException($"The registry has no provider '{lane.Arm}'.");
        var name = LiveArms.KeyOf(provider);
        if (refused.TryGetValue(lane.Arm, out var dead))
        {
            throw new LiveUncheckedException($"credential-refused: {name} ({dead.Text})");
        }

        var isOneUse = lane.Arm == OneUseLogin.Arm;
        var key = isOneUse
            ? (await login.TakeAsync(cancellationToken).ConfigureAwait(false)).Text
            : keys.Find(name) ?? throw new InvalidOperationException($"{lane} has no {name}; its cell should not run.");
        var variable = synthetic.UrlVariableOf(lane);
        var secrets = ImmutableSortedDictionary<string, string>.Empty.Add(provider.AuthEnv[0], key);
        if (LiveArms.OverrideOf(lane.Arm, environment) is { } url)
        {
            secrets = secrets.Add(variable, url.AbsoluteUri.TrimEnd('/'));
        }

        if (isOneUse && LoginRefresh.OverrideOf(environment) is { } tokens)
        {
            secrets = secrets.Add("CODEX_REFRESH_TOKEN_URL_OVERRIDE", tokens.AbsoluteUri);
        }

        return (new LaneCredential(lane.Arm, secrets, CredentialFingerprint.Of(key), null), provider.AuthEnv[0], variable);
    }
}
