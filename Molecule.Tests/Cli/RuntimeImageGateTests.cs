using Molecule.Conformance.Tests.Containers;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Cli;

/// <summary>A gate over a runtime that is an image (docs/decisions/0026).</summary>
public sealed class RuntimeImageGateTests(CodexImage image) : IClassFixture<CodexImage>
{
    [ContainerFact]
    public async Task The_locked_image_serves_on_every_arm_and_is_what_the_evidence_names()
    {
        await using var gate = Start(image.Digest, features: "serving,registry-fingerprint");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 0, gate.Output);
        var verdict = gate.Verdict();
        var hidden = verdict.Cells.Single(static cell => cell.Expected.Id is { Runtime: "codex", Feature: "registry-fingerprint" });
        Assert.Equal((CellState.Unchecked, "SUT: an image need not say which registry it was built with"), (hidden.State, hidden.Reason));
        var cells = verdict.Cells.Where(static cell => cell.Expected.Id is { Runtime: "codex", Feature: "serving", Mode: CellMode.Mock }).ToList();
        Assert.Equal(["byok-minimax", "openai-api", "openai-subscription", "platform"], cells.Select(static cell => cell.Expected.Id.Arm).Order(StringComparer.Ordinal));
        Assert.All(cells, cell => Assert.Equal((CellState.Covered, $"codex image {image.Digest} (real)"), (cell.State, cell.Engine?.ToString())));
        await LeftOvers.NothingIsLeftOfAsync(gate);
    }

    [ContainerFact]
    public async Task Another_image_than_the_locked_one_is_red_and_is_named()
    {
        var other = "sha256:" + new string('0', 64);
        await using var gate = Start(other, "openai-api");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 3, gate.Output);
        var cell = gate.Verdict().Cells.Single(static cell => cell.Expected.Id is { Runtime: "codex", Arm: "openai-api", Feature: "serving", Mode: CellMode.Mock });
        Assert.Equal(CellState.Failed, cell.State);
        Assert.Contains($"came from the image {image.Digest}, locked is {other}", cell.Reason, StringComparison.Ordinal);
        await LeftOvers.NothingIsLeftOfAsync(gate);
    }

    [ContainerFact]
    public async Task A_killed_gate_leaves_no_workspace_behind()
    {
        await using var gate = Start(image.Digest, "openai-api");
        await LeftOvers.UntilAsync(async () => (await LeftOvers.ContainersOfAsync(gate)).Any(static c => c.State == "running"), gate, "a workspace's container runs");

        await LeftOvers.KillAsync(gate);

        await LeftOvers.NothingIsLeftOfAsync(gate);
    }

    private RunningGate Start(string digest, string arms = "", string features = "serving") => RunningGate.StartWith("codex", new Dictionary<string, string>
    {
        [RuntimeImage.ImageVariable("codex")] = image.Name,
        [RuntimeImage.DigestVariable("codex")] = digest,
    }, arms, features);
}
