using Microsoft.Extensions.Hosting;

namespace Molecule.AppHost.Up;

/// <summary>Starts again what dies of a graph that stays up, within <see cref="RestartPolicy"/>, and says each time what has died and why.</summary>
/// <remarks>A resource that somebody stops is left alone, and so is one that has done its work and ended.</remarks>
public sealed class GraphKeeper(ResourceNotificationService notifications, ResourceCommandService commands, TimeProvider time, TextWriter output) : BackgroundService
{
    private readonly Dictionary<string, RestartPolicy> _policies = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stopped = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTime? Started, string State)> _seen = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken).ConfigureAwait(false))
            {
                if (change.Resource.HasAnnotationOfType<KeptUpAnnotation>())
                {
                    await OnChangeAsync(change, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The graph is stopping.
        }
    }

    private async Task OnChangeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        var (name, state) = (change.Resource.Name, change.Snapshot.State?.Text ?? "");
        if (_seen.TryGetValue(name, out var before) && before == (change.Snapshot.StartTimeStamp, state))
        {
            return;
        }

        _seen[name] = (change.Snapshot.StartTimeStamp, state);
        if (state == KnownResourceStates.Stopping)
        {
            _stopped.Add(name);
        }
        else if (state == KnownResourceStates.Running && before.State is not null && _policies.ContainsKey(name))
        {
            await output.WriteLineAsync($"up: {name} runs again").ConfigureAwait(false);
        }
        else if (KnownResourceStates.TerminalStates.Contains(state) && !_stopped.Remove(name))
        {
            await OnDeathAsync(name, change.Snapshot, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task OnDeathAsync(string name, CustomResourceSnapshot snapshot, CancellationToken cancellationToken)
    {
        var why = snapshot.State?.Text == KnownResourceStates.FailedToStart ? "failed to start" : $"died with exit code {snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}{Signal(snapshot.ExitCode)}";
        var policy = _policies.TryGetValue(name, out var known) ? known : _policies[name] = new RestartPolicy(time);
        if (policy.OnDeath() is not { } next)
        {
            await output.WriteLineAsync(
                $"up: {name} {why} and stays down: it has been started again {RestartPolicy.Limit} times within {RestartPolicy.Window.TotalMinutes:0} minutes. Its lines above say why.").ConfigureAwait(false);
            return;
        }

        await output.WriteLineAsync($"up: {name} {why}; starting it again in {next.Pause.TotalSeconds:0} s ({next.Attempt} of {RestartPolicy.Limit})").ConfigureAwait(false);
        _ = StartAsync(name, next.Pause, cancellationToken);
    }

    // Apart from the watch: others may die meanwhile.
    private async Task StartAsync(string name, TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            var result = await commands.ExecuteCommandAsync(name, KnownResourceCommands.StartCommand, cancellationToken).ConfigureAwait(false);
            if (!result.Success && !result.Canceled)
            {
                await output.WriteLineAsync($"up: {name} could not be started again: {result.Message}").ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The graph is stopping.
        }
    }

    // 128 + n: ended by signal n (POSIX, 2.8.2 of the shell's language).
    private static string Signal(int? exitCode) => exitCode switch { 137 => " (killed)", 139 => " (segmentation fault)", 134 => " (aborted)", 143 => " (told to end)", _ => "" };
}

/// <summary>The resource is started again when it dies.</summary>
public sealed class KeptUpAnnotation : IResourceAnnotation;
