using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Planning;
using Molecule.Harness.Drift;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary><c>drift</c>: fake, official SDK and, in live mode, the vendor's own answer compared three ways, and the requests of a run against the SDKs.</summary>
internal static class DriftCommand
{
    private const string Live = "live";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var mode = new Option<string>("--mode") { Description = "mock: fakes and SDKs; live or both: the vendors as well, with E2E_ keys", DefaultValueFactory = static _ => "mock" };
        mode.AcceptOnlyFromAmong("mock", Live, "both");
        var require = new Option<string?>("--require") { Description = "live: exit 4 where a vendor was not asked; --mode live implies it" };
        require.AcceptOnlyFromAmong(Live);
        var requests = new Option<string?>("--requests") { Description = "requests.json of a run, whose requests are read; the latest run's where none is named" };
        var command = new Command("drift", "Say which of fake, official SDK and vendor has moved: 0 none, 3 one has, 4 the vendor was required and not asked.") { mode, require, requests };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(mode)!, parsed.GetValue(require) is not null, parsed.GetValue(requests), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string mode, bool isRequired, string? requests, CancellationToken cancellationToken)
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        var deviations = Deviations.Read(PlanFile.Load(repository.DeviationsFile));
        using var http = new HttpClient { Timeout = _patience };
        await using var fakes = await FakesProcess.StartAsync(repository, cancellationToken);
        var answers = await new FakeLeg(http, fakes.Client).ReadAsync(cancellationToken);
        var live = mode == "mock" ? null : await LiveLeg.OfThisMachineAsync(http, fakes.Client.Address, Environment.GetEnvironmentVariable, cancellationToken);
        var (drifted, isUnchecked) = (false, false);
        foreach (var (probe, documents) in answers)
        {
            var asked = live is null ? new LiveAnswer(null, "not asked for: --mode live") : await live.AskAsync(probe, cancellationToken);
            var found = ThreeWay.Compare(probe, documents, asked.Documents, deviations);
            isUnchecked |= !asked.IsVendors;
            drifted |= !found.IsEmpty;
            Console.WriteLine($"{probe.Name}: {(found.IsEmpty ? "no drift" : "drift")}; live leg {asked.Said}");
            Write(found);
        }

        foreach (var name in AnswerProbes.Unchecked)
        {
            Console.WriteLine($"unchecked: {name}");
        }

        var missed = DriftControl.Missed(answers, new RequestSamples([], 0), deviations);
        foreach (var line in missed)
        {
            Console.Error.WriteLine($"molecule: a detector is blind: {line}");
        }

        var read = RequestsOf(repository, requests) is { } samples ? RequestDrift.Read(samples, deviations) : null;
        foreach (var line in read?.Drift ?? [])
        {
            Console.Error.WriteLine($"molecule: request drift: {line}");
        }

        Console.WriteLine(read is null
            ? "requests: unchecked (no run has left its requests: run ./molecule gate --feature vendor-drift)"
            : $"requests: {string.Join(", ", read.Read.Select(static s => $"{s.Key} {s.Value} shapes"))}; unchecked: {string.Join(", ", read.Unread)}");
        if (drifted || !missed.IsEmpty || read is { Drift.IsEmpty: false })
        {
            return ExitCodes.Failed;
        }

        return isUnchecked && (isRequired || mode == Live) ? ExitCodes.Uncovered : 0;
    }

    private static void Write(ImmutableArray<Drifted> found)
    {
        foreach (var one in found)
        {
            Console.Error.WriteLine($"molecule: {one.Probe}: {Who(one.Moved)}: {one.Text}");
        }
    }

    private static string Who(Moved moved) => moved switch
    {
        Moved.Fake => "the fake moved",
        Moved.Sdk => "the SDK moved",
        Moved.Live => "the vendor moved",
        _ => "the fake or the SDK moved (live leg unchecked)",
    };

    private static RequestSamples? RequestsOf(Repository repository, string? named)
    {
        if (named is not null && !File.Exists(named))
        {
            throw new ConfigurationException($"{named}: there is no such file of requests.");
        }

        var runs = Path.Combine(repository.Artifacts, "runs");
        var path = named ?? (Directory.Exists(runs) ? Directory.EnumerateFiles(runs, "requests.json", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) : null);
        try
        {
            return path is null ? null : JsonSerializer.Deserialize<RequestSamples>(File.ReadAllText(path), ContractJson.Compact);
        }
        catch (JsonException e)
        {
            throw new ConfigurationException($"{path}: these are no requests of a run: {e.Message}");
        }
    }
}
