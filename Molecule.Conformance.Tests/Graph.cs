using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Molecule.Conformance.Tests;

/// <summary>A graph for one test: what it adds, started, and stopped at the end.</summary>
internal sealed class Graph : IAsyncDisposable
{
    private readonly CancellationTokenSource _deadline;

    private Graph(IDistributedApplicationTestingBuilder builder, CancellationTokenSource deadline)
    {
        Builder = builder;
        _deadline = deadline;
    }

    public IDistributedApplicationTestingBuilder Builder { get; }

    /// <summary>Ends every wait of the test: real Aspire needs seconds for what the offline engine does at once.</summary>
    public CancellationToken Deadline => _deadline.Token;

    public DistributedApplication Application { get; private set; } = null!;

    public ResourceNotificationService Notifications => Application.ResourceNotifications;

    public static async Task<Graph> CreateAsync(params string[] args)
    {
        var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_Conformance_AppHost>(args, deadline.Token);
        builder.Services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning));
        return new Graph(builder, deadline);
    }

    /// <summary>The test service, reached directly: <c>localhost:PORT</c> of the process itself.</summary>
    public IResourceBuilder<ProjectResource> AddService(string name) =>
        Builder.AddProject<Projects.Molecule_Conformance_Service>(name).WithHttpEndpoint(isProxied: false);

    /// <summary>A shell script as a resource.</summary>
    public IResourceBuilder<ExecutableResource> AddScript(string name, string script) => Builder.AddExecutable(name, "sh", ".", "-c", script);

    /// <summary>A script that prints its environment and ends; not by `env`, since a shell hands no variable on that has a hyphen in its name.</summary>
    public IResourceBuilder<ExecutableResource> AddEnvironmentPrinter(string name) =>
        AddScript(name, "tr '\\0' '\\n' < /proc/self/environ; echo; echo printed");

    public async Task<Dictionary<string, string>> PrintedEnvironmentAsync(IResource resource)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in await LinesUntilAsync(resource, "printed"))
        {
            if (line.Text.Split('=', 2) is [var name, var value])
            {
                variables[name] = value;
            }
        }

        return variables;
    }

    /// <summary>The lines of a resource's log up to one, without their times.</summary>
    public async Task<List<(string Text, bool IsError)>> LinesUntilAsync(IResource resource, string last)
    {
        var lines = new List<(string Text, bool IsError)>();
        try
        {
            await foreach (var batch in Application.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(Deadline))
            {
                lines.AddRange(batch.Select(static l => (l.Content[(l.Content.IndexOf(' ', StringComparison.Ordinal) + 1)..], l.IsErrorMessage)));
                if (lines.Any(l => l.Text.Trim() == last))
                {
                    return lines;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }

        throw new TimeoutException($"The log of '{resource.Name}' never had the line '{last}'. It had:\n{string.Join('\n', lines.Select(static l => l.Text))}");
    }

    public async Task BuildAsync() => Application = await Builder.BuildAsync(Deadline);

    public async Task StartAsync()
    {
        await BuildAsync();
        await Application.StartAsync(Deadline);
    }

    public Task<ResourceEvent> EndAsync(string name) =>
        Notifications.WaitForResourceAsync(name, static e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text), Deadline);

    /// <summary>The process of an executable that runs.</summary>
    public async Task<int> ProcessIdAsync(IResource resource, int? not = null)
    {
        var running = await Notifications.WaitForResourceAsync(resource.Name, e => Id(e) is { } id && id != not, Deadline);
        return Id(running)!.Value;

        static int? Id(ResourceEvent e) => e.Snapshot.State?.Text == KnownResourceStates.Running
            && e.Snapshot.Properties.FirstOrDefault(static p => p.Name == "executable.pid")?.Value is { } id
                ? Convert.ToInt32(id, System.Globalization.CultureInfo.InvariantCulture)
                : null;
    }

    /// <summary>Waits until start, stop and restart can be given as expected.</summary>
    public Task CommandStatesAsync(string name, (ResourceCommandState Start, ResourceCommandState Stop, ResourceCommandState Restart) expected) =>
        Notifications.WaitForResourceAsync(
            name,
            e => (Of(e, KnownResourceCommands.StartCommand), Of(e, KnownResourceCommands.StopCommand), Of(e, KnownResourceCommands.RestartCommand)) == expected,
            Deadline);

    public async ValueTask DisposeAsync()
    {
        if (Application is not null)
        {
            await Application.DisposeAsync();
        }

        await Builder.DisposeAsync();
        _deadline.Dispose();
    }

    private static ResourceCommandState? Of(ResourceEvent e, string command) => e.Snapshot.Commands.FirstOrDefault(c => c.Name == command)?.State;
}
