using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Routing;

/// <summary>Holds what was inside a workspace against who pays for it (spec/runtimes-and-providers.md 3.8).</summary>
internal static class PayerJudge
{
    private const string UsageToken = "MOLECULE_LLM_USAGE_TOKEN";
    private const string PlatformPrefix = "MOLECULE_LLM_";

    /// <summary>A look that saw no more than the workspace's own program proves nothing of its agent.</summary>
    public static void TheAgentWasSeen(InsideView view) =>
        Assert.True(view.Processes.Length >= 2, $"Of the workspace's processes were seen: {string.Join(", ", view.Processes.Select(static p => p.Name))}.");

    /// <summary>None of the platform's own secrets is there.</summary>
    public static void NothingOfThePlatforms(InsideView view)
    {
        Assert.DoesNotContain(view.InEnvironments, static f => !IsOwn(f));
        Assert.DoesNotContain(view.InFiles, static f => !IsOwn(f));
    }

    /// <summary>The user's own key is there, and no token of the platform's.</summary>
    public static void TheOwnerPays(InsideView view)
    {
        Assert.Contains(view.InEnvironments, IsOwn);
        Assert.DoesNotContain(view.Processes.SelectMany(static p => p.Variables), static name => name.StartsWith(PlatformPrefix, StringComparison.Ordinal));
    }

    /// <summary>The platform's token is there, and no key of the user's.</summary>
    public static void ThePlatformPays(InsideView view)
    {
        Assert.Contains(view.Processes, static p => p.Variables.Contains(UsageToken));
        Assert.DoesNotContain(view.InEnvironments, IsOwn);
        Assert.DoesNotContain(view.InFiles, IsOwn);
    }

    private static bool IsOwn(FoundSecret found) => found.Secret.StartsWith(PayerScript.Own, StringComparison.Ordinal);
}
