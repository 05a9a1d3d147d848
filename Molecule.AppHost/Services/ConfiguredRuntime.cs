using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;

namespace Molecule.AppHost.Services;

public static class ConfiguredRuntime
{
    /// <summary>
    /// Hands on which program a runtime is, where the configuration says so: <c>Molecule:Runtimes:NAME:Url</c> with the parameter
    /// <c>NAME-key</c> for one that runs already, <c>Command</c> for one that is installed, <c>Version</c> for its name.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithConfiguredRuntime(this IResourceBuilder<ProjectResource> node, IDistributedApplicationBuilder builder, string runtime)
    {
        foreach (var setting in (ReadOnlySpan<string>)["Url", "Command", "Version"])
        {
            if (builder.Configuration[$"Molecule:Runtimes:{runtime}:{setting}"] is { Length: > 0 } value)
            {
                node.WithEnvironment($"Molecule__Runtimes__{runtime}__{setting}", value);
            }
        }

        return builder.Configuration[$"Molecule:Runtimes:{runtime}:Url"] is { Length: > 0 }
            ? node.WithEnvironment($"Molecule__Runtimes__{runtime}__Key", builder.AddParameter($"{runtime}-key", secret: true))
            : node;
    }

    /// <summary>Has the node start workspaces of a runtime as containers where <c>Molecule:Runtimes:NAME:Image</c> names their image (docs/decisions/0026).</summary>
    /// <exception cref="DistributedApplicationException">No container engine is there.</exception>
    public static IResourceBuilder<ProjectResource> WithRuntimeImages(this IResourceBuilder<ProjectResource> node, IDistributedApplicationBuilder builder)
    {
        var images = RuntimeImage.Read(variable => builder.Configuration[variable.Replace("__", ":", StringComparison.Ordinal)]);
        if (images is not [var first, ..])
        {
            return node;
        }

        var engine = ContainerEngine.OfThisMachine() ?? throw new DistributedApplicationException(
            $"{RuntimeImage.ImageVariable(first.Runtime)} names an image and no container engine is there: './molecule setup' installs and starts one, or point {ContainerEngine.HostVariable} at yours.");
        return images.Aggregate(
            node.WithEnvironment(ContainerEngine.HostVariable, engine.Address.OriginalString),
            static (node, image) => node.WithEnvironment(RuntimeImage.ImageVariable(image.Runtime), image.Image));
    }
}
