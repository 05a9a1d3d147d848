using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Session;

namespace Molecule.GateProbe;

/// <summary>How a cell of the probe is recorded as it should be.</summary>
internal static class Proof
{
    public static Task RecordAsync(string cell) => RunSession.RecordAsync(cell, static _ => Task.FromResult(Of("seen")));

    public static CellRecord Of(string answer) => new(null, null, new CellEvidence(answer, [], null, null, 1, null));
}
