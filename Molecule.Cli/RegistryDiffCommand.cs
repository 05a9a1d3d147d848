using System.Collections.Immutable;
using System.CommandLine;
using Molecule.Coverage.Planning;
using Molecule.Harness.Registries;
using Molecule.Harness.Runs;
using Molecule.Registry.Diff;
using Molecule.Registry.Mirror;

namespace Molecule.Cli;

/// <summary><c>registry diff</c>: what two registries say differently, and which cells that makes, unmakes and changes.</summary>
internal static class RegistryDiffCommand
{
    public static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    public static Command Create()
    {
        var older = new Argument<string>("older") { Description = "a providers.yaml" };
        var newer = new Argument<string?>("newer") { Description = "another one; this checkout's unless said", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var command = new Command("diff", "Print the difference between two registries and its effect on the matrix; exits 3 where no carve-out allows it, 5 where a carve-out has expired.") { older, newer, json };
        command.SetAction(parsed =>
        {
            var repository = Repository.Find(AppContext.BaseDirectory);
            var before = RegistryFiles.Load(parsed.GetRequiredValue(older));
            var after = RegistryFiles.Load(parsed.GetValue(newer) ?? repository.ProvidersFile);
            var changes = RegistryDiff.Between(before.Registry, after.Registry);
            var diff = CarveOutsOf(repository).Carve(changes, Today);
            var (gained, lost, changed) = Cells(repository, before, after, changes);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(DiffText.Json(before.Fingerprint, after.Fingerprint, diff, gained, lost, changed));
            }
            else
            {
                WriteText(before, after, diff, gained, lost, changed);
            }

            WriteExpired(diff.Expired);
            return diff.Drift.IsEmpty ? diff.Expired.IsEmpty ? 0 : ExitCodes.Expired : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>The checkout's carve-outs; none where it has no such file.</summary>
    public static ImmutableArray<CarveOut> CarveOutsOf(Repository repository) =>
        File.Exists(repository.CarveOutsFile) ? CarveOuts.Read(PlanFile.Load(repository.CarveOutsFile).Text, repository.CarveOutsFile) : [];

    public static void WriteExpired(ImmutableArray<CarveOut> expired)
    {
        foreach (var one in expired)
        {
            Console.Error.WriteLine($"molecule: carve-outs.yaml: the carve-out of {one.Runtime}/{one.Arm} expired on {one.Expires:O} ({one.Owner}: {one.Reason}): let the arm follow, or renew it");
        }
    }

    private static void WriteText(RegistrySource before, RegistrySource after, CarvedDiff diff, ImmutableArray<string> gained, ImmutableArray<string> lost, ImmutableArray<string> changed)
    {
        Console.WriteLine($"{before.Name} {before.Fingerprint} -> {after.Name} {after.Fingerprint}");
        foreach (var change in diff.Drift)
        {
            Console.WriteLine(DiffText.Line(change));
        }

        foreach (var (change, by) in diff.SetAside)
        {
            Console.WriteLine($"may lag until {by.Expires:O} ({by.Owner}: {by.Reason}): {DiffText.Line(change)}");
        }

        foreach (var (word, cells) in (ReadOnlySpan<(string, ImmutableArray<string>)>)[("gained", gained), ("lost", lost), ("changed", changed)])
        {
            foreach (var cell in cells)
            {
                Console.WriteLine($"{word} {cell}");
            }
        }

        Console.WriteLine($"{diff.Drift.Length + diff.SetAside.Length} changes, {gained.Length} cells gained, {lost.Length} lost, {changed.Length} changed");
    }

    private static (ImmutableArray<string> Gained, ImmutableArray<string> Lost, ImmutableArray<string> Changed) Cells(Repository repository, RegistrySource before, RegistrySource after, ImmutableArray<RegistryChange> changes)
    {
        var old = CellRun.CellsOf(repository, before.Name, TimeProvider.System);
        var now = CellRun.CellsOf(repository, after.Name, TimeProvider.System);
        var touched = changes.SelectMany(static change => change.Effects).Where(static effect => effect.Fate is PairFate.Changed).Select(static effect => (effect.Runtime, effect.Arm)).ToHashSet();
        static ImmutableArray<string> Named(IEnumerable<CellId> cells) => [.. cells.Select(static cell => cell.ToString()).Order(StringComparer.Ordinal)];
        return (Named(now.Except(old)), Named(old.Except(now)), Named(now.Intersect(old).Where(cell => touched.Contains((cell.Runtime ?? "", cell.Arm ?? "")))));
    }
}
