using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Lanes;

/// <summary>What is done on a lane of the matrix.</summary>
internal static class LaneScripts
{
    /// <summary>The scripts that the selected cells ask for, in the order in which they run: what a later one needs intact comes before what may break it.</summary>
    public static ImmutableArray<ILaneScript> Of(ExpectedRoute route, PayerScript payer, RegistryScript registries, string workspacesFolder)
    {
        var executed = RunSession.Run.Expectation.Cells.Where(static c => c.IsExecuted && c.Id.Mode is CellMode.Mock).ToList();
        var asked = executed
            .Where(c => c.Id.Runtime == route.Runtime && c.Id.Arm == route.Arm)
            .Select(static c => c.Id.Feature)
            .Concat(RunSession.Run.Expectation.Cells.Where(c => c.IsExecuted && Routing.KeylessTests.IsAbout(c.Id, route)).Select(static _ => "routing-payer"))
            .Concat(executed.Where(c => Registries.FingerprintTests.IsAbout(c.Id, route)).Select(static c => c.Id.Feature))
            .ToHashSet(StringComparer.Ordinal);
        if (asked.Contains(Routing.ByokRestartTests.Feature))
        {
            asked.Add(Routing.ByokRestartTests.Script);
        }

        // Egress is of a runtime, not of a lane, and drift of all: the runtime's first one serves for it where no cell of its own is selected.
        if (asked.Count == 0 && route == ExpectedRoute.All.First(r => r.Runtime == route.Runtime) && executed.Any(c => c.Id.Feature == "vendor-drift" || (c.Id.Runtime == route.Runtime && c.Id.Feature == "egress")))
        {
            asked.Add("serving");
        }

        return [.. ((ILaneScript[])
        [
            new ServingScript(), payer, registries, new StreamingScript(), new ConcurrencyScript(), new ContinuityScript(), new SessionResetScript(),
            .. RunSession.Run.Faults.Faults.Select(static f => new FaultScript(f)),

            // Last: it ends with a workspace that has lost its home.
            new DataSwapScript(workspacesFolder),
        ]).Where(script => asked.Contains(script.Feature))];
    }
}
