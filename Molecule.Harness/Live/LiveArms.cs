using Molecule.Harness.Lanes;
using Molecule.Registry;

namespace Molecule.Harness.Live;

/// <summary>What the live path of an arm is called, and where its vendor is.</summary>
public static class LiveArms
{
    private const string Prefix = "E2E_";

    // Their credential belongs to the control plane, which mints it for its workspaces: no key of ours in a workspace can reach their vendors.
    private static readonly string[] _minted = ["E2E_MOLECULE_LLM_USAGE_TOKEN", "E2E_GOOGLE_APPLICATION_CREDENTIALS"];

    /// <summary>Whether a key of this name is of use to a live cell.</summary>
    public static bool Take(string key) => !_minted.Contains(key);

    /// <summary>The name of an arm's live key.</summary>
    public static string KeyOf(Provider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return Prefix + provider.AuthEnv[0];
    }

    /// <summary>The variable that points an arm at another address than its vendor's: MOLECULE_LIVE_URL_OPENAI_API.</summary>
    public static string UrlVariableOf(string arm)
    {
        ArgumentNullException.ThrowIfNull(arm);
        return $"MOLECULE_LIVE_URL_{arm.ToUpperInvariant().Replace('-', '_')}";
    }
}
