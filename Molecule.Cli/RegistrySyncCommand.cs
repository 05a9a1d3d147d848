using System.CommandLine;
using System.Text.RegularExpressions;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Harness.Registries;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary><c>registry sync</c>: writes all that is made of providers.yaml anew and says which cells that gains and loses.</summary>
internal static partial class RegistrySyncCommand
{
    public static Command Create()
    {
        var loss = new Option<string?>("--accept-loss") { Description = "'OWNER: REASON' for the cells that are no longer made; without it a loss is refused" };
        var command = new Command("sync", "Write expected-cells.txt, the mirror and every projection of providers.yaml.") { loss };
        command.SetAction(parsed =>
        {
            var repository = Repository.Find(AppContext.BaseDirectory);
            var clock = TimeProvider.System;
            var accepted = parsed.GetValue(loss) is { } said ? Removal(said, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime)) : null;
            var files = RegistryFiles.Read(repository);
            var change = CellRun.ChangeGolden(repository, accepted, clock);
            foreach (var cell in change.Gained)
            {
                Console.WriteLine($"gained {cell}");
            }

            foreach (var cell in change.Lost)
            {
                Console.WriteLine($"lost {cell}");
            }

            if (change.Lost.Length > 0 && accepted is null)
            {
                Console.Error.WriteLine($"molecule: {change.Lost.Length} cells would be lost; nothing was written. Bring them back, or say --accept-loss 'OWNER: REASON'.");
                return ExitCodes.Failed;
            }

            ArtifactFile.Write(repository.ExpectedCellsFile, change.Text);
            foreach (var written in files.Write())
            {
                Console.WriteLine($"wrote {written}");
            }

            Console.WriteLine($"{change.Gained.Length} gained, {change.Lost.Length} lost: {Path.GetFileName(repository.ExpectedCellsFile)}");
            return 0;
        });
        return command;
    }

    private static GoldenRemoval Removal(string said, DateOnly today) => Form().Match(said) is { Success: true } match
        ? new GoldenRemoval(today, match.Groups["owner"].Value, match.Groups["reason"].Value)
        : throw new ConfigurationException($"--accept-loss '{said}' must read 'OWNER: REASON', e.g. 'runtimes: the arm was withdrawn by its vendor'");

    [GeneratedRegex(@"^(?<owner>[^\s:]+):\s+(?<reason>\S.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
