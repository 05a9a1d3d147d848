namespace Molecule.Harness.Lanes;

/// <summary>What a lane of a runtime takes of the machine while it runs.</summary>
/// <param name="Places">Of the places for lanes at once.</param>
/// <param name="Megabytes">Resident memory of the workspace and its agent.</param>
/// <param name="BootCpuSeconds">Processor time until the agent answers: the lanes of the dearest start first.</param>
public sealed record LaneCost(int Places, int Megabytes, double BootCpuSeconds)
{
    /// <summary>Measured: spec/driving-the-runtimes.md 0 and 9, the workspace's own 120 MB added.</summary>
    public static LaneCost Of(string runtime) => runtime switch
    {
        "openclaw" => new(2, 1_250, 25),
        "claude-code" => new(1, 370, 1),
        "google-adk" => new(1, 300, 1.5),
        "hermes" => new(1, 270, 1),
        "codex" => new(1, 270, 0.7),
        _ => new(1, 500, 5),
    };
}
