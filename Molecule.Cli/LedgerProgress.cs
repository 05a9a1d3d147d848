using Molecule.Coverage.Ledger;

namespace Molecule.Cli;

/// <summary>Follows a run's ledger and prints a line for each cell as it is recorded.</summary>
internal static class LedgerProgress
{
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Follows until cancelled; what was recorded by then has been printed.</summary>
    public static async Task FollowAsync(string path, TextWriter output, CancellationToken cancellationToken)
    {
        var printed = 0;
        while (true)
        {
            var last = cancellationToken.IsCancellationRequested;
            if (File.Exists(path))
            {
                var ledger = LedgerReader.ReadFile(path);
                foreach (var cell in ledger.Cells.Skip(printed))
                {
                    output.WriteLine(cell.Outcome is CellOutcome.Passed
                        ? $"  passed  {cell.Cell}{(cell.Engine is null ? "" : $"  {cell.Engine}, {cell.Evidence?.TurnMs} ms")}"
                        : $"  {cell.Outcome.ToString().ToUpperInvariant()}  {cell.Cell}  {FirstLine(cell.Reason)}");
                }

                printed = Math.Max(printed, ledger.Cells.Length);
            }

            if (last)
            {
                return;
            }

            await Task.Delay(_poll, CancellationToken.None);
        }
    }

    private static string FirstLine(string? text) => text?.Split('\n')[0].Trim() ?? "";
}
