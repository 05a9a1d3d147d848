using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;

namespace Molecule.E2E.Tests.Graph;

/// <summary>The witness of runtimes that are images: their container engine.</summary>
internal static class RuntimeContainers
{
    /// <summary>Follows the run's containers, from before anything of the graph is started; null where no runtime is an image, or no engine is there to be asked.</summary>
    public static RunImages? Follow(string run) =>
        RuntimeImage.Read(Environment.GetEnvironmentVariable).IsEmpty || ContainerEngine.OfThisMachine() is not { } engine ? null : RunImages.Follow(run, engine, TimeProvider.System);
}
