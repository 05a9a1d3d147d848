using Molecule.Conformance.Tests.Containers;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Cli;

/// <summary>A gate over a control plane that is an image (docs/decisions/0018, 0026): our own, packed, since the product's cannot be had here.</summary>
public sealed class ContainerControlPlaneTests(ControlPlaneImage image) : IClassFixture<ControlPlaneImage>
{
    [ContainerFact]
    public async Task It_is_judged_over_the_public_wire_and_what_it_cannot_show_is_named()
    {
        await using var gate = Start();

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 0, gate.Output);
        Assert.Contains($"container:{image.Name}", gate.Output, StringComparison.Ordinal);
        var cells = gate.Verdict().Cells.Where(static cell => cell.Expected.Id is { Runtime: "codex", Feature: "serving", Mode: CellMode.Mock }).ToDictionary(static cell => cell.Expected.Id.Arm!);
        Assert.All((string[])["openai-api", "openai-subscription", "byok-minimax"], arm =>
            Assert.Equal((CellState.Covered, EngineKind.Real), (cells[arm].State, cells[arm].Engine?.Kind)));
        Assert.Equal((CellState.Unchecked, "SUT: the vendors behind its proxy are its own and no fake of this graph"), (cells["platform"].State, cells["platform"].Reason));
        await LeftOvers.NothingIsLeftOfAsync(gate);
    }

    [ContainerFact]
    public async Task A_killed_gate_leaves_no_control_plane_behind()
    {
        await using var gate = Start("openai-api");
        await LeftOvers.UntilAsync(async () => (await LeftOvers.ContainersOfAsync(gate)).Any(static c => c.State == "running"), gate, "the control plane's container runs");

        await LeftOvers.KillAsync(gate);
        await LeftOvers.NothingIsLeftOfAsync(gate);
    }

    private RunningGate Start(string arms = "") => RunningGate.StartWith("codex", new Dictionary<string, string> { [ControlPlaneChoice.Variable] = $"container:{image.Name}" }, arms);
}
