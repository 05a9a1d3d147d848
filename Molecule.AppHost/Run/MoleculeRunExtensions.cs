using Microsoft.Extensions.DependencyInjection;

namespace Molecule.AppHost.Run;

public static class MoleculeRunExtensions
{
    /// <summary>Gives the graph its run: the id of MOLECULE_RUN, or a fresh one.</summary>
    public static MoleculeRun AddMoleculeRun(this IDistributedApplicationBuilder builder)
    {
        var id = builder.Configuration["MOLECULE_RUN"] is { Length: > 0 } named
            ? named
            : $"{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}-{Random.Shared.Next(0x1000000):x6}";
        var run = new MoleculeRun(id);

        // A factory, so that the host disposes it: that is what ends the lifeline.
        builder.Services.AddSingleton(_ => run);
        builder.Eventing.Subscribe<BeforeStartEvent>(static (started, cancellationToken) =>
            started.Services.GetRequiredService<MoleculeRun>().BeginAsync(cancellationToken));
        return run;
    }
}
