using System.CommandLine;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary><c>plan</c>: the expected cells and what is to happen to each, without running any.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var registry = new Option<string?>("--registry") { Description = "another providers.yaml of the same schema" };
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("plan", "Print the expected cells; exits 4 where expected-cells.txt does not agree.") { registry, json };
        var options = new RunOptionsBinding();
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var run = CellRun.Plan(Repository.Find(AppContext.BaseDirectory), await options.ReadAsync(parsed, cancellationToken), TimeProvider.System, parsed.GetValue(registry));
            Console.WriteLine(parsed.GetValue(json) ? PlanReport.RenderJson(run.Expectation) : PlanReport.RenderText(run.Expectation));
            if (run.GoldenNote is { } note)
            {
                Console.Error.WriteLine(note);
            }

            return (int)(run.Expectation.GoldenProblems.IsEmpty ? GateExit.Green : GateExit.Uncovered);
        });
        return command;
    }
}
