using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.Harness.Credentials;
using Molecule.Harness.Keys;
using Molecule.Harness.Lanes;
using Molecule.Registry;

namespace Molecule.Harness.Live;

/// <summary>What a live lane's workspace is created with: the real key and, where somebody says so, another address than the vendor's.</summary>
/// <param name="registry">providers.yaml.</param>
/// <param name="keys">The run's live keys.</param>
/// <param name="synthetic">Knows by which variable a runtime is told where its arm is.</param>
/// <param name="refused">The preflight's dead keys, by arm.</param>
/// <param name="environment">Holds MOLECULE_LIVE_URL_ARM.</param>
public sealed class LiveCredentials(
    ProviderRegistry registry, LiveKeys keys, SyntheticCredentials synthetic, ImmutableDictionary<string, Preflight> refused, Func<string, string?> environment)
{
    /// <summary>The lane's credential, and the variable that holds its base URL.</summary>
    /// <exception cref="LiveUncheckedException">There is none that could be used.</exception>
    public (LaneCredential Credential, string KeyVariable, string UrlVariable) Of(LaneKey lane)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var provider = registry.FindProvider(lane.Arm) ?? throw new InvalidOperationException($"The registry has no provider '{lane.Arm}'.");
        var name = LiveArms.KeyOf(provider);
        if (refused.TryGetValue(lane.Arm, out var dead))
        {
            throw new LiveUncheckedException($"credential-refused: {name} ({dead.Text})");
        }

        // design.md 6: a refresh token is good for one use, and its successor would be lost with the workspace.
        if (lane.Arm == "openai-subscription")
        {
            throw new LiveUncheckedException($"credential-refused: {name} (its refresh token is good for one use, and its successor cannot be written back to where it came from)");
        }

        var key = keys.Find(name) ?? throw new InvalidOperationException($"{lane} has no {name}; its cell should not run.");
        var variable = synthetic.UrlVariableOf(lane);
        var secrets = ImmutableSortedDictionary<string, string>.Empty.Add(provider.AuthEnv[0], key);
        if (LiveArms.OverrideOf(lane.Arm, environment) is { } url)
        {
            secrets = secrets.Add(variable, url.AbsoluteUri.TrimEnd('/'));
        }

        return (new LaneCredential(lane.Arm, secrets, CredentialFingerprint.Of(key), null), provider.AuthEnv[0], variable);
    }
}
