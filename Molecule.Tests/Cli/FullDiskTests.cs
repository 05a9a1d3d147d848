using CliWrap;
using CliWrap.Buffered;
using Molecule.Coverage.Ledger;
using Molecule.HostTools.Installing;
using Molecule.Tests.Integrity;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>A disk under artifacts/ that is full (design.md 7: 1, artefacts unwritable included).</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string NoRoom = "No space left on device : '";
    private const string Mend = "What this run wrote under artifacts/ is not whole: make room there, or make it writable, and run again.";

    private readonly TemporaryFolder _kept = new("molecule-disk-");

    public void Dispose() => _kept.Dispose();

    [Fact]
    public async Task A_gate_whose_disk_is_full_exits_1_in_one_sentence_that_names_the_file_and_leaves_no_half_of_a_report()
    {
        var artifacts = RunningGate.Repository.Artifacts;
        var environment = RunningProgram.BareEnvironment(_kept.Path);
        environment["MOLECULE_CACHE"] = CacheFolder.OfThisMachine().Path;
        environment["MOLECULE_RUN"] = $"t-{Guid.NewGuid():N}";

        var gate = await SmallDisk.Run(RunningGate.Repository, 4, $"dotnet \"$@\"; code=$?; cp -r '{artifacts}/.' '{_kept.Path}'; exit $code", [Path.Combine(AppContext.BaseDirectory, "Molecule.Cli.dll"), "gate", "--runtime", "codex"], environment)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);

        var output = gate.StandardOutput + gate.StandardError;
        Assert.True(gate.ExitCode == 1, output);
        Assert.Matches($"molecule: {NoRoom}{artifacts}/[^']+'.* {Mend}", output);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_kept.Path, "*coverage*"));
        Assert.Empty(Molecule.Harness.Runs.RunProcesses.Of(environment["MOLECULE_RUN"]));
    }

    // 4 KiB hold the ledger's first line and not its last; 8 KiB hold the whole ledger and no report.
    [Theory]
    [InlineData(4, false)]
    [InlineData(8, true)]
    public async Task A_session_whose_disk_fills_up_exits_1_without_a_report_and_a_ledger_without_its_end_is_not_whole(int kibibytes, bool isWhole)
    {
        using var checkout = new SpareCheckout("steady", "failing");
        var run = $"t-{Guid.NewGuid():N}";

        var (exitCode, output) = await checkout.RunOnASmallDiskAsync(SpareCheckout.Probe, kibibytes, _kept.Path, new Dictionary<string, string> { ["MOLECULE_RUN"] = run });

        Assert.True(exitCode == 1, output);
        Assert.Contains($"molecule: {NoRoom}{checkout.Repository.Artifacts}/", output, StringComparison.Ordinal);
        Assert.Contains(Mend, output, StringComparison.Ordinal);
        Assert.Equal(isWhole, LedgerReader.ReadFile(Path.Combine(_kept.Path, "runs", run, "ledger.jsonl")).IsComplete);
        Assert.Empty(Directory.GetFiles(_kept.Path, "*coverage*"));
    }

    [Fact]
    public async Task A_disk_with_room_is_written_to_the_end()
    {
        using var checkout = new SpareCheckout("steady", "failing");
        var run = $"t-{Guid.NewGuid():N}";

        var (exitCode, output) = await checkout.RunOnASmallDiskAsync(SpareCheckout.Probe, 1024, _kept.Path, new Dictionary<string, string> { ["MOLECULE_RUN"] = run });

        Assert.DoesNotContain(NoRoom, output, StringComparison.Ordinal);
        Assert.True(exitCode == 2, output);
        Assert.True(LedgerReader.ReadFile(Path.Combine(_kept.Path, "runs", run, "ledger.jsonl")).IsComplete);
        Assert.True(File.Exists(Path.Combine(_kept.Path, "coverage.json")));
    }
}
