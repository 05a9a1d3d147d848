using Molecule.Aws;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;

namespace Molecule.Workspace.Secrets;

/// <summary>
/// Sets the agent up with the workspace's secrets and keeps them current. A manager that cannot be asked at the start is asked again, ever
/// more slowly, while the workspace stands there and says what it waits for; one that cannot be asked later leaves the agent what it has. A
/// secret that was changed comes to the agent between two turns; one that was taken away ends it.
/// </summary>
public sealed class SecretsKeeper(
    SecretsFolder folder, SecretsPace pace, AgentSlot slot, TurnQueue queue, ErrorMask mask, TimeProvider time, ILogger<SecretsKeeper> logger, SecretsReader? reader = null)
    : BackgroundService
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SecretsRead? _last;
    private bool _isSetUp;
    private TimeSpan _wait = pace.First;

    /// <summary>Told when the agent has come or gone.</summary>
    public event Action? Changed;

    /// <summary>Sets the agent up, or says in its place what it waits for.</summary>
    public async Task SetUpAsync(CancellationToken cancellation)
    {
        if (reader is null)
        {
            await slot.SetUpAsync(cancellation).ConfigureAwait(false);
            return;
        }

        await RefreshAsync(cancellation).ConfigureAwait(false);
        _begun.SetResult();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (reader is null)
        {
            return;
        }

        await _begun.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                await Task.Delay(_isSetUp ? pace.Refresh : _wait, time, stoppingToken).ConfigureAwait(false);
                await RefreshAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The workspace stops; the queue knows it a moment before this service does.
        }
    }

    private async Task RefreshAsync(CancellationToken cancellation)
    {
        SecretsRead read;
        try
        {
            read = await reader!.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (AwsException e)
        {
            await MissAsync(e, cancellation).ConfigureAwait(false);
            return;
        }

        _wait = pace.First;
        if (_isSetUp && _last is { } last && read.Versions.SequenceEqual(last.Versions))
        {
            return;
        }

        mask.Learn(read.Values.Values);
        try
        {
            await folder.WriteAsync(read.Values, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Wait($"the secrets could not be written down: {e.Message}");
            return;
        }

        logger.LogInformation("The secrets {Names} were read.", string.Join(", ", read.Values.Keys));
        if (await slot.ReplaceAsync(queue, read.Values, cancellation).ConfigureAwait(false))
        {
            (_last, _isSetUp) = (read, true);
            Changed?.Invoke();
        }
    }

    private async Task MissAsync(AwsException e, CancellationToken cancellation)
    {
        // Gone for good at the manager's own word; everything else may pass, and an agent that has its secrets goes on with them.
        var isRevoked = e.Code is "ResourceNotFoundException" or "InvalidRequestException";
        if (_isSetUp && !isRevoked)
        {
            logger.LogWarning("The secrets could not be read anew, and the agent goes on with those it has: {Message}", e.Message);
            return;
        }

        var reason = isRevoked ? $"a secret is not there any more: {e.Message}" : $"the secrets cannot be read: {e.Message}";
        if (_isSetUp)
        {
            // Before the agent goes: whoever asks for it from then on is told why.
            slot.WaitFor(reason);
            if (!await slot.EmptyAsync(queue, cancellation).ConfigureAwait(false))
            {
                return;
            }

            await folder.WriteAsync(System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, cancellation).ConfigureAwait(false);
        }

        Wait(reason);
    }

    private void Wait(string reason)
    {
        slot.WaitFor($"{reason}; tried again in {_wait.TotalSeconds:0} s");
        logger.LogError("The agent waits for its secrets: {Reason}", slot.Reason);
        var next = _wait * 2;
        (_wait, _isSetUp) = (next < pace.Longest ? next : pace.Longest, false);
        Changed?.Invoke();
    }
}

/// <summary>How often the manager is asked.</summary>
/// <param name="First">The first wait after a failure; each further one is twice as long.</param>
/// <param name="Longest">No wait after a failure is longer.</param>
/// <param name="Refresh">Between two looks for changed secrets.</param>
public sealed record SecretsPace(TimeSpan First, TimeSpan Longest, TimeSpan Refresh);
