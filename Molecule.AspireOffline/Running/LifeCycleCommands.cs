using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>start, stop and restart of what the engine starts, with the states in which each can be given (spec 24 of the API).</summary>
internal static class LifeCycleCommands
{
    public static void AddTo(IResource resource, ResourceStarter starter)
    {
        Add(KnownResourceCommands.StartCommand, "Start", new CommandOptions { IconName = "Play", IconVariant = IconVariant.Filled, IsHighlighted = true },
            static state => IsStarting(state) ? ResourceCommandState.Disabled
                : IsEnded(state) || state == KnownResourceStates.Waiting ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            starter.StartAgainAsync);
        Add(KnownResourceCommands.StopCommand, "Stop", new CommandOptions { IconName = "Stop", IconVariant = IconVariant.Filled, IsHighlighted = true },
            static state => state == KnownResourceStates.Stopping ? ResourceCommandState.Disabled
                : IsUp(state) ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            starter.StopAsync);
        Add(KnownResourceCommands.RestartCommand, "Restart", new CommandOptions { IconName = "ArrowCounterclockwise", IconVariant = IconVariant.Regular },
            static state => state != KnownResourceStates.Stopping && IsUp(state) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            starter.StartAgainAsync);

        void Add(
            string name, string displayName, CommandOptions options, Func<string?, ResourceCommandState> state, Func<IResource, CancellationToken, Task> execute) =>
            resource.Annotations.Add(new ResourceCommandAnnotation(
                name,
                displayName,
                context => state(context.ResourceSnapshot.State?.Text),
                async context =>
                {
                    await execute(resource, context.CancellationToken).ConfigureAwait(false);
                    return CommandResults.Success();
                },
                options));
    }

    private static bool IsStarting(string? state) => state == KnownResourceStates.Starting || state == KnownResourceStates.RuntimeUnhealthy || string.IsNullOrEmpty(state);

    private static bool IsEnded(string? state) => KnownResourceStates.TerminalStates.Contains(state) || state == KnownResourceStates.NotStarted;

    private static bool IsUp(string? state) => !IsStarting(state) && !IsEnded(state) && state != KnownResourceStates.Waiting;
}
