using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Live;

namespace Molecule.E2E.Tests.Secrets;

/// <summary>On which arm of its runtime a cell of <c>secrets</c> is walked.</summary>
internal static class SecretsRoute
{
    /// <summary>
    /// The first arm whose key is one word that its user brought: a ChatGPT login is the control plane's to refresh and never leaves it. Live, the first of
    /// them whose key this run has. Null where there is none.
    /// </summary>
    public static ExpectedRoute? Of(CellId cell) => ExpectedRoute.All.FirstOrDefault(r =>
        r.Runtime == cell.Runtime && r is { Upstream: null, Arm: not "openai-subscription" } && (cell.Mode is CellMode.Mock || HasKey(r.Arm)));

    private static bool HasKey(string arm) => RunSession.Run.Registry.FindProvider(arm) is { } provider && RunSession.Keys.Find(LiveArms.KeyOf(provider)) is not null;
}
