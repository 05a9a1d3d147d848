using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using CliWrap;
using CliWrap.Buffered;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts.Engines;
using Molecule.Harness.Benchmarks;
using Molecule.HostTools.Installing;
using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.ClaudeCode;
using Molecule.Workspace.Agents.Codex;

namespace Molecule.Benchmarks;

/// <summary>A turn on the long-lived agent that a workspace keeps, against the same program started for one turn; both against the fakes.</summary>
public static class AgentBenchmark
{
    private const int Rounds = 4;
    private const string Key = "mol-key-of-the-benchmark";

    // A long-lived agent is there to save the start: it has to be no slower.
    private const double Target = 1;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync(string lifeline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var fakes = await FakesBenchmarks.StartAsync(lifeline, cancellationToken);
        await FakesBenchmarks.AcceptAsync(fakes.Url, "anthropic-api", Key, cancellationToken);
        await FakesBenchmarks.AcceptAsync(fakes.Url, "openai-api", Key, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("molecule-bench-agents-");
        try
        {
            yield return await ClaudeCodeAsync(fakes.Url, folder.CreateSubdirectory("claude-code"), cancellationToken);
            yield return await CodexAsync(fakes.Url, folder.CreateSubdirectory("codex"), cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<BenchmarkRow> ClaudeCodeAsync(Uri fakes, DirectoryInfo folder, CancellationToken cancellationToken)
    {
        var engine = await EngineAsync("claude-code", cancellationToken);
        var environment = Environment(folder).Add("ANTHROPIC_API_KEY", Key).Add("ANTHROPIC_BASE_URL", new Uri(fakes, "/a01").AbsoluteUri);
        var setup = ClaudeCodeSetup.For("anthropic-api", TurnTraffic.Model, environment);
        await using var agent = new ClaudeCodeAgent(
            engine, setup, new AgentFolders(environment["HOME"], folder.FullName), environment, TurnLimits.ClaudeCode, TimeProvider.System, new OwnChildren(), NullLogger<ClaudeCodeAgent>.Instance);
        var once = environment
            .SetItem("CLAUDE_CONFIG_DIR", Path.Combine(environment["HOME"], ".claude"))
            .SetItem("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .SetItem("CLAUDE_CODE_MAX_RETRIES", ClaudeCodeSetup.Retries.ToString(CultureInfo.InvariantCulture))
            .SetItem("IS_SANDBOX", "1")
            .SetItems(setup.Variables);
        return await CompareAsync(
            "claude-code", "claude -p", agent, engine, folder, once, ["-p", "--strict-mcp-config", "--permission-mode", "bypassPermissions", "--model", setup.Model], cancellationToken);
    }

    private static async Task<BenchmarkRow> CodexAsync(Uri fakes, DirectoryInfo folder, CancellationToken cancellationToken)
    {
        var engine = await EngineAsync("codex", cancellationToken);
        var environment = Environment(folder).Add("OPENAI_API_KEY", Key).Add("OPENAI_BASE_URL", new Uri(fakes, "/a03/v1").AbsoluteUri);
        var setup = CodexSetup.For("openai-api", "gpt-5.5", environment);
        await using var agent = new CodexAgent(
            engine, setup, new AgentFolders(environment["HOME"], folder.FullName), environment, TurnLimits.Codex, TimeProvider.System, new OwnChildren(), NullLogger<CodexAgent>.Instance);

        // It reads the config.toml that the agent writes at its start.
        var once = environment.Remove("OPENAI_BASE_URL").SetItem("CODEX_HOME", Path.Combine(environment["HOME"], ".codex")).SetItems(setup.Variables);
        return await CompareAsync("codex", "codex exec", agent, engine, folder, once, ["exec", "--skip-git-repo-check", "--ephemeral"], cancellationToken);
    }

    private static async Task<BenchmarkRow> CompareAsync(
        string name, string oneShot, IAgent agent, InstalledEngine engine, DirectoryInfo folder, ImmutableDictionary<string, string> environment, string[] arguments, CancellationToken cancellationToken)
    {
        await agent.StartAsync(cancellationToken);
        var turns = 0;
        var comparison = await Interleaved.RunAsync(
            1,
            Rounds,
            ct => TurnAsync(async prompt => (await agent.RunTurnAsync(prompt, static _ => { }, ct)).Text),
            ct => TurnAsync(async prompt =>
            {
                var result = await Cli.Wrap(engine.Path).WithArguments([.. arguments, prompt]).WithWorkingDirectory(folder.FullName)
                    .WithEnvironmentVariables(environment.ToDictionary(static e => e.Key, static e => (string?)e.Value))
                    .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct);
                return result.StandardOutput + result.StandardError;
            }),
            cancellationToken);
        return comparison.ToRatio($"long-lived-{name}", $"a turn on the long-lived {name} agent against one by `{oneShot}`, its start included", Target, "ms");

        async Task<double> TurnAsync(Func<string, Task<string>> ask)
        {
            var (first, second) = ($"ALPHA{turns++}", $"OMEGA{turns++}");
            var started = Stopwatch.GetTimestamp();
            var answer = await ask(TurnTraffic.Prompt(first, second));
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            return answer.Contains($"{second}-{first}", StringComparison.Ordinal) ? took : throw new InvalidDataException($"{name} answered '{answer}' instead of '{second}-{first}'.");
        }
    }

    private static ImmutableDictionary<string, string> Environment(DirectoryInfo folder)
    {
        var home = folder.CreateSubdirectory("home").FullName;
        return ImmutableDictionary<string, string>.Empty
            .Add("PATH", System.Environment.GetEnvironmentVariable("PATH") ?? "")
            .Add("HOME", home)
            .Add("NO_PROXY", "127.0.0.1,localhost");
    }

    private static async Task<InstalledEngine> EngineAsync(string runtime, CancellationToken cancellationToken)
    {
        var cache = CacheFolder.OfThisMachine();
        await new PackageInstaller(cache, TextWriter.Null, TimeProvider.System, System.Environment.GetEnvironmentVariable).InstallAsync(PackageSet.Runtimes, cancellationToken);
        return EngineLookup.Find(runtime, RuntimeSets.ManifestsIn(cache));
    }
}
