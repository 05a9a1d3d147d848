using System.Collections.Immutable;
using System.CommandLine;
using Molecule.Harness.Registries;
using Molecule.Harness.Runs;
using Molecule.Registry.Diff;
using Molecule.Registry.Mirror;

namespace Molecule.Cli;

/// <summary><c>registry check</c>: whether anything that is made of providers.yaml, or must agree with it, has drifted.</summary>
internal static class RegistryCheckCommand
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var mirrors = new Option<string[]>("--mirror") { Description = "also hold this against providers.yaml: another repository's file (path or address ending in .yaml), or a running service's address", AllowMultipleArgumentsPerToken = false };
        var command = new Command("check", "Exit 3 where a mirror, a generated file, the catalogue or the template registry does not agree with providers.yaml.") { mirrors };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var repository = Repository.Find(AppContext.BaseDirectory);
            var files = RegistryFiles.Read(repository);
            var findings = files.Check();
            findings = [.. findings, .. Expected(repository)];
            var expired = ImmutableArray<CarveOut>.Empty;
            if (parsed.GetValue(mirrors) is { Length: > 0 } named)
            {
                var carveOuts = RegistryDiffCommand.CarveOutsOf(repository);
                expired = [.. carveOuts.Where(static one => one.IsExpired(RegistryDiffCommand.Today))];
                using var http = new HttpClient { Timeout = _patience };
                foreach (var name in named)
                {
                    findings = [.. findings, .. Mirror(files.Source, await MirrorSource.ReadAsync(name, http, cancellationToken), carveOuts)];
                }
            }

            foreach (var finding in findings)
            {
                Console.Error.WriteLine($"molecule: {finding}");
            }

            RegistryDiffCommand.WriteExpired(expired);
            if (findings.IsEmpty && expired.IsEmpty)
            {
                Console.WriteLine($"no drift: {files.Source.Name}, fingerprint {files.Source.Fingerprint}, sha256 {files.Source.Sha256}");
            }

            return findings.IsEmpty ? expired.IsEmpty ? 0 : ExitCodes.Expired : ExitCodes.Failed;
        });
        return command;
    }

    private static IEnumerable<DriftFinding> Expected(Repository repository)
    {
        var change = CellRun.ChangeGolden(repository, null, TimeProvider.System);
        var file = Path.GetFileName(repository.ExpectedCellsFile);
        if (change.Gained.Length + change.Lost.Length > 0)
        {
            yield return new DriftFinding(file, DriftKind.ForgottenRegeneration, $"{change.Gained.Length} cells would be gained, {change.Lost.Length} lost: run ./molecule registry sync");
        }

        foreach (var pair in CellRun.OutsideTheMatrix(repository, TimeProvider.System))
        {
            yield return new DriftFinding(Path.GetFileName(repository.CoverageFile), DriftKind.Disagreement, $"{pair} is offered and stands outside the matrix: name its runtime and its arm there");
        }
    }

    private static ImmutableArray<DriftFinding> Mirror(RegistrySource ours, MirrorSource theirs, ImmutableArray<CarveOut> carveOuts)
    {
        if (theirs.File is { } file)
        {
            var diff = carveOuts.Carve(RegistryDiff.Between(file.Registry, ours.Registry), RegistryDiffCommand.Today);
            return MirrorJudge.JudgeMirror(ours, file, diff.Drift) is { } finding ? [finding] : [];
        }

        return MirrorJudge.JudgeService(ours, theirs.Name, theirs.Report!);
    }
}
