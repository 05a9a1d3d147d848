using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Brings one project or executable from "not there" to "running" and follows it to its end.</summary>
internal sealed class ProcessStarter(
    AppHostIdentity appHost,
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext context,
    IDistributedApplicationEventing eventing,
    ResourceLoggerService logs,
    SnapshotWriter snapshots,
    ProcessRoots roots,
    PortReservations ports,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    ILogger<ProcessStarter> logger)
{
    /// <summary>Starts a resource once all it waits for is there. It never throws for the resource's own failure: that is a state.</summary>
    public async Task StartAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await snapshots.ConnectionStringAvailableAsync(resource, cancellationToken).ConfigureAwait(false);
            await snapshots.PublishAsync(resource, static s => s with { State = KnownResourceStates.Starting }).ConfigureAwait(false);
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken).ConfigureAwait(false);
            await snapshots.PublishAsync(resource, static s => s with
            {
                State = KnownResourceStates.Starting,
                ExitCode = null,
                Properties = [.. s.Properties.Where(static p => p.Name != PropertyNames.WaitingFor)],
            }).ConfigureAwait(false);

            var configuration = await ResourceConfiguration.ResolveAsync(resource, model, context, logs.GetLogger(resource), cancellationToken).ConfigureAwait(false);
            var launch = LaunchOf(resource, configuration);
            EndpointAllocation.Release(resource, ports);
            var process = ChildProcess.Start(launch, (line, isError) => logs.WriteLine(resource, line, isError));
            roots.Add(process);
            await snapshots.PublishAsync(resource, s => s.WithUnrunChecks(resource) with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
                StartTimeStamp = snapshots.Now,
                StopTimeStamp = null,
                EnvironmentVariables = configuration.ShownVariables,
                Urls = [.. s.Urls.Select(static u => u with { IsInactive = false })],
                Properties = s.Properties
                    .Set(PropertyNames.Path, launch.Command)
                    .Set(PropertyNames.WorkingDirectory, launch.WorkingDirectory)
                    .Set(PropertyNames.Arguments, string.Join(' ', configuration.ShownArguments))
                    .Set(PropertyNames.ProcessId, process.Id),
            }).ConfigureAwait(false);
            _ = FollowAsync(resource, process);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A resource that fails is a state and not an error of the engine: whoever waits for it is told the reason.
            logs.WriteLine(resource, $"Failed to start: {e.Message}", isError: true);
            logger.LogError("Resource '{Resource}' failed to start. {Reason}", resource.Name, e.Message);
            await snapshots.PublishEndAsync(
                resource, new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error), null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(IResource resource, ChildProcess process)
    {
        var code = await process.Exited.ConfigureAwait(false);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return;
        }

        if (code != 0)
        {
            logger.LogWarning(
                "Resource '{Resource}' (process {ProcessId}) ended with exit code {ExitCode}.{Lines}", resource.Name, process.Id, code, LastLines(resource));
        }

        try
        {
            await snapshots.PublishEndAsync(
                resource,
                new ResourceStateSnapshot(KnownResourceStates.Finished, code == 0 ? KnownResourceStateStyles.Info : KnownResourceStateStyles.Error),
                code,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nobody awaits the end of a process: a handler of ResourceStoppedEvent that throws would go unseen.
            logger.LogError(e, "A handler of the end of resource '{Resource}' failed.", resource.Name);
        }
    }

    private string LastLines(IResource resource) =>
        string.Concat(logs.Last(resource, 12).Select(static l => $"{Environment.NewLine}  {l.Content}"));

    private Launch LaunchOf(IResource resource, ResolvedConfiguration configuration)
    {
        var environment = InheritedEnvironment.Read();
        environment[ProcessRoots.MarkName] = roots.Mark;
        foreach (var (name, value) in configuration.Variables)
        {
            environment[name] = value;
        }

        if (resource is ExecutableResource executable)
        {
            return new Launch(executable.Command, configuration.Arguments, executable.WorkingDirectory, environment);
        }

        // Built programs are started as they are: `dotnet run` costs about a second of processor time each.
        var path = ((ProjectResource)resource).GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(path)!;
        string[] program = AssemblyFacts.ProgramOf(appHost.Assembly, path) is not { } built
            ? ["run", "--project", path, "--no-launch-profile", .. configuration.Arguments.IsEmpty ? Array.Empty<string>() : ["--"]]
            : File.Exists(built) ? [built] : throw new DistributedApplicationException($"'{built}' does not exist: build {path} first.");
        return new Launch(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [.. program, .. configuration.Arguments], folder, environment);
    }
}

/// <summary>What processes inherit of the AppHost's environment: all but what is meant for the AppHost alone (spec 8 and 24 of the API).</summary>
internal static class InheritedEnvironment
{
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ASPIRE_LOGLEVEL",
    };

    public static Dictionary<string, string> Read()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!Own.Contains(name) && !name.StartsWith("DEBUG_SESSION", StringComparison.Ordinal) && !name.StartsWith("DCP_", StringComparison.Ordinal))
            {
                environment[name] = (string?)entry.Value ?? "";
            }
        }

        return environment;
    }
}
