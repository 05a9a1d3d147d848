using Molecule.Coverage.Ledger;

namespace Molecule.E2E.Tests.Session;

/// <summary>There is no graph here.</summary>
internal static class AspireEngine
{
    public static GraphEngine OfThisBuild() => new("no graph", GraphKind.Offline);
}
