using System.Collections.Immutable;
using CliWrap;
using Molecule.Contracts.Runs;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Egress;

/// <summary>The positive control: has a runtime's own program dial an outside host from a lane's environment, and waits until that was seen.</summary>
/// <param name="log">What the sink notes.</param>
/// <param name="run">The run's id.</param>
/// <param name="clock">The clock.</param>
public sealed class EgressControl(EgressLog log, string run, TimeProvider clock)
{
    /// <summary>The host that is dialled and that nobody else names; <c>.invalid</c> never exists (RFC 2606).</summary>
    public const string Host = "egress-control.molecule.invalid";

    private const string Address = $"https://{Host}";
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    /// <summary>Dials.</summary>
    /// <param name="executable">The program that served the lane's turns.</param>
    /// <param name="workspace">The lane's workspace.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LaneException">It was not seen, or there is no way to have that program dial.</exception>
    public async Task<EgressAttempt> RunAsync(string executable, string workspace, CancellationToken cancellationToken)
    {
        var (arguments, variables) = Dialling(executable);
        var home = Directory.CreateTempSubdirectory("molecule-egress-");
        using var seen = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var dialling = Cli.Wrap(executable)
            .WithArguments(arguments)
            .WithWorkingDirectory(home.FullName)
            .WithEnvironmentVariables(variables
                .Add(RunEnvironment.Run, run)
                .Add(RunEnvironment.Workspace, workspace)
                .Add("HOME", home.FullName)
                .ToDictionary(static v => v.Key, static v => (string?)v.Value))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(seen.Token);
        try
        {
            return await Awaiting.UntilAsync(
                $"{Path.GetFileName(executable)} (pid {dialling.ProcessId}) to be seen dialling {Host} from workspace {workspace}",
                _ => Task.FromResult(log.Attempts.FirstOrDefault(a => a.Host == Host && a.Port is not null && a.ProcessId == dialling.ProcessId && a.Workspace == workspace)),
                () => log.Attempts is { IsEmpty: false } all ? string.Join("; ", all) : "no attempt of anybody",
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
            await seen.CancelAsync().ConfigureAwait(false);
            await ((Task)dialling).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            home.Delete(recursive: true);
        }
    }

    // How each agent's program is brought to dial a host of one's own choosing. Measured with codex 0.169.0 and claude 2.1.330.
    private static (ImmutableArray<string> Arguments, ImmutableDictionary<string, string> Variables) Dialling(string executable) => Path.GetFileName(executable) switch
    {
        "codex" => (["login", "--device-auth", "--experimental_issuer", Address], ImmutableDictionary<string, string>.Empty),
        "claude" => (["-p", "hello"], ImmutableDictionary<string, string>.Empty
            .Add("ANTHROPIC_BASE_URL", Address)
            .Add("ANTHROPIC_API_KEY", "mol-egress-control")
            .Add("CLAUDE_CODE_MAX_RETRIES", "0")
            .Add("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")),
        "node" => (["-e", $"fetch('{Address}').catch(() => {{}})"], ImmutableDictionary<string, string>.Empty),
        var other => throw new LaneException($"There is no positive control for a runtime whose program is '{other}'."),
    };
}
