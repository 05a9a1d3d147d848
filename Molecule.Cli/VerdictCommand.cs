using System.CommandLine;
using Molecule.Coverage.Reports;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary><c>verdict LEDGER...</c>: judges ledgers again, from disk; several are the shards of one run.</summary>
internal static class VerdictCommand
{
    public static Command Create()
    {
        var ledgers = new Argument<string[]>("ledger") { Description = "ledger.jsonl of a run; several to merge shards", Arity = ArgumentArity.OneOrMore };
        var command = new Command("verdict", "Judge one or more ledgers and exit by the verdict.") { ledgers };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var repository = Repository.Find(AppContext.BaseDirectory);
            var history = GoldenHistory.Of(repository);
            var verdict = await CellRun.MergeAsync(repository, parsed.GetValue(ledgers) ?? [], history, TimeProvider.System, cancellationToken);
            Console.Error.WriteLine(history.Note);
            Console.Write(TerminalReport.Render(verdict));
            return (int)verdict.Exit;
        });
        return command;
    }
}
