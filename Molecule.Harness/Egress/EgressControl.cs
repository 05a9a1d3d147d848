using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using CliWrap;
using Molecule.Contracts.Runs;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Egress;

/// <summary>The positive control: has a runtime's own program dial an outside host from a lane's environment, and waits until that was seen.</summary>
/// <param name="log">What the sink notes.</param>
/// <param name="run">The run's id.</param>
/// <param name="clock">The clock.</param>
public sealed partial class EgressControl(EgressLog log, string run, TimeProvider clock)
{
    /// <summary>The host that is dialled and that nobody else names; <c>.invalid</c> never exists (RFC 2606).</summary>
    public const string Host = "egress-control.molecule.invalid";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    /// <summary>Dials.</summary>
    /// <param name="executable">The program that served the lane's turns.</param>
    /// <param name="workspace">The lane's workspace.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LaneException">It was not seen, or there is no way to have that program dial.</exception>
    public async Task<EgressAttempt> RunAsync(string executable, string workspace, CancellationToken cancellationToken)
    {
        var dialling = Dialling.Of(executable, $"https://{Host}");
        var home = Directory.CreateTempSubdirectory("molecule-egress-");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var said = new ConcurrentQueue<string>();

        // Both streams are read: a program that cannot write what it has to say may end before it dials.
        var program = Cli.Wrap(executable)
            .WithArguments(dialling.Arguments)
            .WithWorkingDirectory(home.FullName)
            .WithEnvironmentVariables(EnvironmentOf(dialling, workspace, home.FullName))
            .WithStandardInputPipe(dialling.Key is null ? PipeSource.Null : PipeSource.Create(static (_, held) => Task.Delay(Timeout.Infinite, held)))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(said.Enqueue))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(said.Enqueue))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(ending.Token);
        var asked = dialling.Key is { } key ? AskAsync(said, key, ending.Token) : Task.CompletedTask;
        try
        {
            return await Awaiting.UntilAsync(
                $"{Path.GetFileName(executable)} (pid {program.ProcessId}) to be seen dialling {Host} from workspace {workspace}",
                _ => Task.FromResult(log.Attempts.FirstOrDefault(a => a.Host == Host && a.Port is not null && a.ProcessId == program.ProcessId && a.Workspace == workspace)),
                () => $"{(log.Attempts is { IsEmpty: false } all ? string.Join("; ", all) : "no attempt of anybody")}; it said: {string.Join('\n', said)}",
                _limit,
                clock,
                cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new LaneException($"The positive control did not fire, so no silence proves anything: {e.Message}", e);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(program, asked).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            home.Delete(recursive: true);
        }
    }

    private Dictionary<string, string?> EnvironmentOf(Dialling dialling, string workspace, string home) => new(
        dialling.Variables
            .Add(RunEnvironment.Run, run)
            .Add(RunEnvironment.Workspace, workspace)
            .Add("HOME", home)
            .Select(static v => new KeyValuePair<string, string?>(v.Key, v.Value)))
    {
        // A developer's own would lead the programs elsewhere.
        ["CODEX_HOME"] = null,
        ["CLAUDE_CONFIG_DIR"] = null,
        ["HERMES_HOME"] = null,
    };

    // A turn, as soon as it says where it listens.
    private async Task AskAsync(ConcurrentQueue<string> said, string key, CancellationToken cancellationToken)
    {
        var address = await Awaiting.UntilAsync(
            "its address",
            _ => Task.FromResult(said.Select(static line => Address().Match(line)).FirstOrDefault(static m => m.Success)?.Value),
            () => string.Join('\n', said),
            _limit,
            clock,
            cancellationToken).ConfigureAwait(false);
        using var http = new HttpClient();
        using var turn = new HttpRequestMessage(HttpMethod.Post, $"{address}/v1/chat/completions")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
            Content = new StringContent("""{"messages":[{"role":"user","content":"hello"}]}""", Encoding.UTF8, "application/json"),
        };
        using var answer = await http.SendAsync(turn, cancellationToken).ConfigureAwait(false);
        said.Enqueue($"its API answered {(int)answer.StatusCode}");
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
