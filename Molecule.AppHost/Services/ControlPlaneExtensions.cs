using Molecule.AppHost.Run;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;

namespace Molecule.AppHost.Services;

/// <summary>Adds <c>control-plane</c>, whosever it is (docs/decisions/0018).</summary>
public static class ControlPlaneExtensions
{
    /// <summary>The resource's name, whosever it is.</summary>
    public const string Name = "control-plane";

    // What .NET's and most other service images listen on: https://learn.microsoft.com/dotnet/core/compatibility/containers/8.0/aspnet-port
    private const int ContainerPort = 8080;

    /// <summary>One that runs already, with a database and a node of its own.</summary>
    public static IResourceBuilder<ExternalServiceResource> AddControlPlaneAt(this IDistributedApplicationBuilder builder, string url) =>
        builder.AddExternalService(Name, url).WithHttpHealthCheck("/health");

    /// <summary>
    /// Has the node's workspaces listen where a control plane in a container can call them: at this machine's address on the containers' network, which
    /// is a private one (spec/control-plane.md 2.6).
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithWorkspacesForContainers(this IResourceBuilder<ProjectResource> node) =>
        node.WithEnvironment(static async context =>
        {
            var engine = ContainerEngine.OfThisMachine() ?? throw new DistributedApplicationException(
                $"{ControlPlaneChoice.Setting} is an image and no container engine is there: './molecule setup' installs and starts one, or point {ContainerEngine.HostVariable} at yours.");
            context.EnvironmentVariables[RunEnvironment.WorkspaceAddress] = (await engine.GatewayAsync(context.CancellationToken).ConfigureAwait(false)).ToString();
        });

    /// <summary>What one of an image is told beyond what ours is.</summary>
    /// <remarks>
    /// Its own URL is for workspaces, which are processes of this machine and not of the containers' network. They register under private addresses, which
    /// the product takes as a service (spec/control-plane.md 2.6).
    /// </remarks>
    public static IResourceBuilder<ContainerResource> WithWorkspacesOutside(this IResourceBuilder<ContainerResource> controlPlane) =>
        controlPlane
            .WithEnvironment("PLATFORM_URL", controlPlane.GetEndpoint("http", KnownNetworkIdentifiers.LocalhostNetwork))
            .WithEnvironment("MOLECULE_DEPLOY_MODE", "saas");

    /// <summary>One of an image, on this graph's database and node.</summary>
    public static IResourceBuilder<ContainerResource> AddControlPlaneOf(this IDistributedApplicationBuilder builder, string image, MoleculeRun run) =>
        builder.AddContainer(Name, image)
            .WithHttpEndpoint(targetPort: ContainerPort, name: "http")
            .WithHttpHealthCheck("/health")
            .WithContainerRuntimeArgs("--label", $"{RunEnvironment.ContainerLabel}={run.Id}");
}
