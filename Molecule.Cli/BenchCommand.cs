using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CliWrap;
using Molecule.Contracts;
using Molecule.Coverage.Reports;
using Molecule.Harness.Benchmarks;
using Molecule.Harness.Runs;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>bench</c>: runs the benchmarks, built for release, and writes their table into docs/performance.md.</summary>
internal static class BenchCommand
{
    private static readonly string _project = Path.Combine("benchmarks", "Molecule.Benchmarks", "Molecule.Benchmarks.csproj");

    public static Command Create()
    {
        var groups = new Argument<string[]>("group") { Description = "coverage, fakes, control-plane, agents, graph; all by default, and only all are written down" };
        var json = new Option<bool>("--json") { Description = "print the rows as JSON; progress goes to the standard error" };
        var command = new Command("bench", "Measure the parts against their targets, as ratios within one run, and write the table of docs/performance.md.") { groups, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(groups) ?? [], parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] groups, bool isJson, CancellationToken cancellationToken)
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        var file = Path.Combine(repository.Artifacts, "benchmarks.json");
        Directory.CreateDirectory(repository.Artifacts);
        await using var output = isJson ? Console.OpenStandardError() : Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        foreach (var arguments in (string[][])[["build", _project, "-c", "Release", "-v", "quiet", "--nologo"], ["run", "--project", _project, "-c", "Release", "--no-build", "--", file, .. groups]])
        {
            var result = await CliWrap.Cli.Wrap("dotnet")
                .WithArguments(arguments)
                .WithWorkingDirectory(repository.Root)
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStream(error))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(cancellationToken);
            if (result.ExitCode != 0)
            {
                return result.ExitCode == ExitCodes.Usage ? ExitCodes.Usage : ExitCodes.Internal;
            }
        }

        var text = await File.ReadAllTextAsync(file, cancellationToken);
        if (isJson)
        {
            Console.WriteLine(text);
        }

        if (groups.Length == 0)
        {
            var rows = JsonSerializer.Deserialize<BenchmarkRow[]>(text, ContractJson.Compact) ?? [];
            await WriteTableAsync(repository, rows, cancellationToken);
        }

        return 0;
    }

    private static async Task WriteTableAsync(Repository repository, BenchmarkRow[] rows, CancellationToken cancellationToken)
    {
        var path = Path.Combine(repository.Root, "docs", "performance.md");
        var source = await Provenance.OfAsync(repository, cancellationToken);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        var heading = string.Create(
            CultureInfo.InvariantCulture,
            $"Measured on {TimeProvider.System.GetUtcNow():yyyy-MM-dd} at commit {source.Commit[..Math.Min(7, source.Commit.Length)]}{(source.DirtyHash is null ? "" : " with changes")}, {Environment.ProcessorCount} cores, {memory:0} GiB of memory.");
        try
        {
            ArtifactFile.Write(path, PerformanceTable.Replace(await File.ReadAllTextAsync(path, cancellationToken), PerformanceTable.Markdown(rows, heading)));
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"{path}: {e.Message}.");
        }
    }
}
