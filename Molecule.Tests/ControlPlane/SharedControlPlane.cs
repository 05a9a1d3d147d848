namespace Molecule.Tests.ControlPlane;

/// <summary>One control plane for the tests of a class that leave nothing behind.</summary>
public sealed class SharedControlPlane(PostgresCluster postgres) : IAsyncLifetime
{
    private RunningControlPlane? _control;

    public RunningControlPlane Control => _control ?? throw new InvalidOperationException("The control plane has not been started.");

    public async ValueTask InitializeAsync() => _control = await RunningControlPlane.StartAsync(postgres);

    public ValueTask DisposeAsync() => _control?.DisposeAsync() ?? ValueTask.CompletedTask;
}
