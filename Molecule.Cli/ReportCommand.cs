using System.CommandLine;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary><c>report</c>: the grid of a ledger as Markdown; with <c>--readme</c> also into README.md and docs/grid.svg.</summary>
internal static class ReportCommand
{
    private const string Begin = "<!-- grid: ./molecule report --readme -->";
    private const string End = "<!-- end of grid -->";

    public static Command Create()
    {
        var ledger = new Argument<string?>("ledger") { Description = "ledger.jsonl of a run; the latest by default", Arity = ArgumentArity.ZeroOrOne };
        var readme = new Option<bool>("--readme") { Description = "write the table into README.md and the picture to docs/grid.svg" };
        var command = new Command("report", "Print what a ledger covers, as Markdown.") { ledger, readme };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var repository = Repository.Find(AppContext.BaseDirectory);
            var verdict = await CellRun.MergeAsync(
                repository, [parsed.GetValue(ledger) ?? Path.Combine(repository.Artifacts, "ledger.jsonl")], GoldenHistory.Of(repository), TimeProvider.System, cancellationToken);
            if (!parsed.GetValue(readme))
            {
                Console.WriteLine(MarkdownReport.Render(verdict));
                return 0;
            }

            var path = Path.Combine(repository.Root, "README.md");
            ArtifactFile.Write(Path.Combine(repository.Root, "docs", "grid.svg"), GridPicture.Render(verdict, CellMode.Mock));
            ArtifactFile.Write(path, Replace(File.ReadAllText(path), MarkdownReport.RenderTable(verdict), path));
            return 0;
        });
        return command;
    }

    private static string Replace(string readme, string table, string path)
    {
        var begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        var end = readme.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? $"{readme[..begin]}{Begin}\n{table.Trim()}\n{readme[end..]}"
            : throw new ConfigurationException($"{path} lacks the lines '{Begin}' and '{End}' between which the table belongs.");
    }
}
