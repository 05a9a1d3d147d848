using System.CommandLine;
using Molecule.Harness.Parity;

namespace Molecule.Cli;

/// <summary><c>parity LEDGER LEDGER</c>: in what two runs differ, cell by cell, from the transcripts beside their ledgers.</summary>
internal static class ParityCommand
{
    public static Command Create()
    {
        var left = new Argument<string>("left") { Description = "ledger.jsonl of a run; of its cells in both modes the mock ones" };
        var right = new Argument<string>("right") { Description = "ledger.jsonl of another run, or of the same; of its cells in both modes the live ones" };
        var command = new Command("parity", "Show by cell in what two runs differ: 0 where in nothing, 3 where in something.") { left, right };
        command.SetAction(parsed =>
        {
            var cells = ParityReport.Compare(TranscriptFolder.Beside(Ledger(parsed.GetValue(left)!)).Read(), TranscriptFolder.Beside(Ledger(parsed.GetValue(right)!)).Read());
            if (cells.IsEmpty)
            {
                throw new ConfigurationException("Neither run has transcripts beside its ledger: name ledgers of runs that drove agents.");
            }

            foreach (var line in ParityReport.Lines(cells))
            {
                Console.WriteLine(line);
            }

            return cells.Any(static c => !c.Differences.IsEmpty) ? ExitCodes.Failed : 0;
        });
        return command;
    }

    private static string Ledger(string path) => File.Exists(path) ? path : throw new ConfigurationException($"{path}: there is no such ledger.");
}
