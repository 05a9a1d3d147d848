using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Molecule.Tests.AppHost;

/// <summary>The graph's model under each choice of control plane; nothing is started.</summary>
public sealed class ControlPlaneTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--Molecule:ControlPlane=project")]
    public async Task The_graphs_own_is_a_project_on_its_database_and_node(string argument)
    {
        await using var builder = await CreateAsync(argument);

        Assert.IsType<ProjectResource>(Only(builder, "control-plane"), exactMatch: false);
        Assert.All((string[])["postgres", "moleculedb", "node", "fakes"], name => Assert.NotNull(Only(builder, name)));
    }

    [Fact]
    public async Task One_that_runs_already_brings_its_own_database_and_node_and_is_asked_for_its_health()
    {
        await using var builder = await CreateAsync("--Molecule:ControlPlane=url:http://10.0.0.7:8080");

        var outside = Assert.IsType<ExternalServiceResource>(Only(builder, "control-plane"));
        Assert.Equal("http://10.0.0.7:8080/", outside.Uri?.AbsoluteUri);
        Assert.Single(outside.Annotations.OfType<HealthCheckAnnotation>());
        Assert.Equal(["control-plane", "fakes"], builder.Resources.Where(static r => r is not ParameterResource).Select(static r => r.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_of_an_image_is_a_container_that_gets_the_settings_of_ours()
    {
        await using var own = await CreateAsync("");
        await using var builder = await CreateAsync("--Molecule:ControlPlane=container:registry.example/platform:7", "--MOLECULE_RUN=r-1");

        var container = Assert.IsType<ContainerResource>(Only(builder, "control-plane"));
        var image = container.Annotations.OfType<ContainerImageAnnotation>().Last();
        Assert.Equal(("registry.example/platform", "7"), (image.Image, image.Tag));
        Assert.Equal("http", Assert.Single(container.GetEndpoints()).EndpointName);
        Assert.Equal(Waits(Only(own, "control-plane")), Waits(container));
        var (ours, its) = (await EnvironmentAsync(own), await EnvironmentAsync(builder));
        Assert.Equal(ours.Keys.Where(static name => !OfOursAlone.Any(name.StartsWith)).Order(StringComparer.Ordinal), its.Keys.Where(static name => name != "MOLECULE_DEPLOY_MODE").Order(StringComparer.Ordinal));

        // Its workspaces are processes of this machine: its URL is for them, and theirs are private addresses.
        Assert.Equal(KnownNetworkIdentifiers.LocalhostNetwork, Assert.IsType<EndpointReference>(its["PLATFORM_URL"]).ContextNetworkID);
        Assert.Equal("saas", its["MOLECULE_DEPLOY_MODE"]);
        var arguments = new ContainerRuntimeArgsCallbackContext([], TestContext.Current.CancellationToken);
        foreach (var annotation in container.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
        {
            await annotation.Callback(arguments);
        }

        Assert.Equal(["--label", "molecule.run=r-1"], arguments.Args);
    }

    // What a process of the graph has and a container has not: its run, its registry, the secrets manager that workspaces could not find by the container's name for it, ASP.NET's and OpenTelemetry's.
    private static readonly string[] OfOursAlone = ["MOLECULE_RUN", "MOLECULE_LIFELINE", "Molecule__Registry", "Molecule__Secrets__", "ASPNETCORE_", "DOTNET_", "OTEL_", "LOGGING__"];

    private static async Task<Dictionary<string, object>> EnvironmentAsync(IDistributedApplicationTestingBuilder builder)
    {
        var resource = Only(builder, "control-plane");
        var context = new EnvironmentCallbackContext(builder.ExecutionContext, resource, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        return context.EnvironmentVariables;
    }

    private static IEnumerable<string> Waits(IResource resource) => resource.Annotations.OfType<WaitAnnotation>().Select(static w => $"{w.WaitType} {w.Resource.Name}").Order(StringComparer.Ordinal);

    private static IResource Only(IDistributedApplicationTestingBuilder builder, string name) => builder.Resources.Single(r => r.Name == name);

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] arguments) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_AppHost>([.. arguments.Where(static a => a.Length > 0)], TestContext.Current.CancellationToken);
}
