using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Starts projects and executables.</summary>
internal sealed class ProcessLauncher(AppHostIdentity appHost, ResourceLoggerService logs, ProcessRoots roots, PortReservations ports) : ILauncher
{
    public Task<ILaunched> LaunchAsync(IResource resource, ResolvedConfiguration resolved, CancellationToken cancellationToken)
    {
        var mark = roots.NextMark();
        var launch = LaunchOf(resource, resolved, mark);
        EndpointAllocation.Release(resource, ports);
        var process = ChildProcess.Start(launch, (line, isError) => logs.WriteLine(resource, line, isError));
        roots.Add(process);
        return Task.FromResult<ILaunched>(new LaunchedProcess(process, () => roots.StopAsync(process, mark),
        [
            new(PropertyNames.Path, launch.Command),
            new(PropertyNames.WorkingDirectory, launch.WorkingDirectory),
            new(PropertyNames.Arguments, string.Join(' ', resolved.ShownArguments)),
            new(PropertyNames.ProcessId, process.Id),
        ]));
    }

    private Launch LaunchOf(IResource resource, ResolvedConfiguration resolved, string mark)
    {
        var environment = InheritedEnvironment.Read();
        environment[ProcessRoots.MarkName] = mark;
        foreach (var (name, value) in resolved.Variables)
        {
            environment[name] = value;
        }

        if (resource is ExecutableResource executable)
        {
            return new Launch(executable.Command, resolved.Arguments, executable.WorkingDirectory, environment);
        }

        // Built programs are started as they are: `dotnet run` costs about a second of processor time each.
        var path = ((ProjectResource)resource).GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(path)!;
        string[] program = AssemblyFacts.ProgramOf(appHost.Assembly, path) is not { } built
            ? ["run", "--project", path, "--no-launch-profile", .. resolved.Arguments.IsEmpty ? Array.Empty<string>() : ["--"]]
            : File.Exists(built) ? [built] : throw new DistributedApplicationException($"'{built}' does not exist: build {path} first.");
        return new Launch(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [.. program, .. resolved.Arguments], folder, environment);
    }

    private sealed class LaunchedProcess(ChildProcess process, Func<Task> stop, IReadOnlyList<ResourcePropertySnapshot> properties) : ILaunched
    {
        public Task<int> Exited => process.Exited;

        public string EndState => KnownResourceStates.Finished;

        public IReadOnlyList<ResourcePropertySnapshot> Properties => properties;

        public Task StopAsync() => stop();
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
