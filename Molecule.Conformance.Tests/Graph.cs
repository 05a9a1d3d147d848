using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

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
        return new Graph(await DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_Conformance_AppHost>(args, deadline.Token), deadline);
    }

    /// <summary>The test service, reached directly: <c>localhost:PORT</c> of the process itself.</summary>
    public IResourceBuilder<ProjectResource> AddService(string name) =>
        Builder.AddProject<Projects.Molecule_Conformance_Service>(name).WithHttpEndpoint(isProxied: false);

    /// <summary>A shell script as a resource.</summary>
    public IResourceBuilder<ExecutableResource> AddScript(string name, string script) => Builder.AddExecutable(name, "sh", ".", "-c", script);

    public async Task StartAsync()
    {
        Application = await Builder.BuildAsync(Deadline);
        await Application.StartAsync(Deadline);
    }

    public Task<ResourceEvent> EndAsync(string name) =>
        Notifications.WaitForResourceAsync(name, static e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text), Deadline);

    public async ValueTask DisposeAsync()
    {
        if (Application is not null)
        {
            await Application.DisposeAsync();
        }

        await Builder.DisposeAsync();
        _deadline.Dispose();
    }
}
