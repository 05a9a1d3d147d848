using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Tests.HostTools;

namespace Molecule.Tests.Cli;

/// <summary><c>up</c> as a process: it prints addresses, starts again what dies, and leaves nothing behind.</summary>
public sealed partial class UpTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Up_prints_addresses_starts_again_what_dies_and_ends_with_nothing_left_on_Ctrl_C()
    {
        using var up = Launcher.Start("up");
        await up.UntilAsync("the graph to be up", static line => line.Contains("the graph is up", StringComparison.Ordinal), Deadline);
        var run = up.Find(RunLine());
        var database = up.Find(DatabaseLine());
        Assert.DoesNotContain("Password", database, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Database=molecule", database, StringComparison.Ordinal);
        foreach (var service in (string[])["control-plane", "fakes", "node"])
        {
            await AnswersAsync(up.AddressOf(service));
        }

        var fakes = Assert.Single(ProcessesOf(run), static row => ProcessTable.Arguments(row.Key.Id).Any(static a => a.EndsWith("Molecule.ProviderFakes.dll", StringComparison.Ordinal)));
        ProcessTable.Kill(fakes.Key);
        await up.UntilAsync("a line that says what died and why", static line => line.Contains("fakes died with exit code 137 (killed); starting it again in 1 s (1 of 5)", StringComparison.Ordinal), Deadline);
        await up.UntilAsync("fakes to run again", static line => line.Contains("up: fakes runs again", StringComparison.Ordinal), Deadline);
        await AnswersAgainAsync(up.AddressOf("fakes"));

        up.Signal("-INT");
        Assert.Equal(0, await up.ExitAsync(Deadline));
        await Awaited.UntilAsync($"no process of run {run} is left", Deadline, () => ProcessesOf(run).Length == 0);
        await Awaited.UntilAsync($"the folder of run {run} is gone", Deadline, () => !Directory.Exists(Molecule.HostTools.Reaping.RunFolder.PathOf(run)));
        Directory.Delete(Path.Combine(Molecule.Harness.Runs.Repository.Find(AppContext.BaseDirectory).Artifacts, "runs", run), recursive: true);
    }

    // A shell's background job is born with INT ignored, and so is all that it starts.
    [Fact]
    public async Task Up_as_a_shells_background_job_ends_on_TERM()
    {
        using var up = Launcher.StartDeafToInterrupts("up");
        await up.UntilAsync("the graph to be up", static line => line.Contains("the graph is up", StringComparison.Ordinal), Deadline);
        var run = up.Find(RunLine());

        up.Signal("-TERM");

        Assert.Equal(0, await up.ExitAsync(Deadline));
        await Awaited.UntilAsync($"no process of run {run} is left", Deadline, () => ProcessesOf(run).Length == 0);
        Directory.Delete(Path.Combine(Molecule.Harness.Runs.Repository.Find(AppContext.BaseDirectory).Artifacts, "runs", run), recursive: true);
    }

    [GeneratedRegex(@"^up: run (\S+)$")]
    private static partial Regex RunLine();

    [GeneratedRegex(@"^up: moleculedb +(.+)$")]
    private static partial Regex DatabaseLine();

    private static async Task AnswersAsync(string address)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var answer = await client.GetAsync(new Uri($"{address}/health"), TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task AnswersAgainAsync(string address)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                await AnswersAsync(address);
                return;
            }
            catch (HttpRequestException e)
            {
                Assert.False(deadline.IsCancellationRequested, $"{address} did not answer again within {Deadline.TotalMinutes:0} minutes: {e.Message}");
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    private static ProcessRow[] ProcessesOf(string run) =>
        [.. ProcessTable.Read().Where(row => ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Run) == run && ProcessTable.IsRunning(row.Key))];

    /// <summary>The launcher as a user starts it.</summary>
    private sealed class Launcher : IDisposable
    {
        private readonly Process _process;
        private readonly List<string> _lines = [];

        private Launcher(Process process) => _process = process;

        private string Said
        {
            get
            {
                lock (_lines)
                {
                    return string.Join('\n', _lines);
                }
            }
        }

        // Whoever started the tests may be a background job itself, and what ignores an interrupt hands that on (env(1), --default-signal).
        public static Launcher Start(params string[] arguments) => Start("env", ["--default-signal=INT", "dotnet", Program, .. arguments]);

        public static Launcher StartDeafToInterrupts(params string[] arguments) => Start("sh", ["-c", "trap '' INT; exec dotnet \"$@\"", "sh", Program, .. arguments]);

        private static string Program => Path.Combine(AppContext.BaseDirectory, "Molecule.Cli.dll");

        private static Launcher Start(string program, string[] arguments)
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            start.Environment.Remove(RunEnvironment.Run);
            start.Environment.Remove(RunEnvironment.Lifeline);
            var launcher = new Launcher(Process.Start(start)!);
            launcher._process.OutputDataReceived += (_, line) => launcher.Take(line.Data);
            launcher._process.ErrorDataReceived += (_, line) => launcher.Take(line.Data);
            launcher._process.BeginOutputReadLine();
            launcher._process.BeginErrorReadLine();
            return launcher;
        }

        public string Find(Regex line)
        {
            lock (_lines)
            {
                return _lines.Select(l => line.Match(l)).First(static m => m.Success).Groups[1].Value;
            }
        }

        public string AddressOf(string service) => Find(new Regex($@"^up: {service} +(http\S+)$"));

        public async Task UntilAsync(string what, Func<string, bool> condition, TimeSpan limit)
        {
            try
            {
                await Awaited.UntilAsync(what, limit, () =>
                {
                    lock (_lines)
                    {
                        return _lines.Any(condition) || _process.HasExited;
                    }
                });
            }
            catch (Exception e)
            {
                throw new TimeoutException($"{e.Message} It said:\n{Said}", e);
            }

            lock (_lines)
            {
                Assert.True(_lines.Any(condition), $"'up' ended while waiting for {what}. It said:\n{string.Join('\n', _lines)}");
            }
        }

        public void Signal(string signal)
        {
            using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        public async Task<int> ExitAsync(TimeSpan limit)
        {
            try
            {
                await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(limit, TestContext.Current.CancellationToken);
                return _process.ExitCode;
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"'up' did not end within {limit.TotalSeconds:0} s of the signal. It said:\n{Said}");
            }
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
        }

        private void Take(string? line)
        {
            if (line is not null)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                }
            }
        }
    }
}
