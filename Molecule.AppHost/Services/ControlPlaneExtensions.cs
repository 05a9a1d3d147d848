using Molecule.AppHost.Run;
using Molecule.Contracts.Runs;

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

    /// <summary>One of an image, on this graph's database and node.</summary>
    public static IResourceBuilder<ContainerResource> AddControlPlaneOf(this IDistributedApplicationBuilder builder, string image, MoleculeRun run) =>
        builder.AddContainer(Name, image)
            .WithHttpEndpoint(targetPort: ContainerPort, name: "http")
            .WithHttpHealthCheck("/health")
            .WithContainerRuntimeArgs("--label", $"{RunEnvironment.ContainerLabel}={run.Id}");
}
