using Molecule.AppHost.Run;
using Molecule.Contracts.Runs;

namespace Molecule.AppHost.Services;

public static class ServiceExtensions
{
    /// <summary>Adds one of our services: an endpoint of its own port, a health check, and the marks of its run.</summary>
    /// <remarks>Not proxied: a proxy turns a refused connection into a hang and a reset into a clean end.</remarks>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(this IDistributedApplicationBuilder builder, string name, MoleculeRun run)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, static options => options.ExcludeLaunchProfile = true)
            .WithHttpEndpoint(name: "http", isProxied: false)
            .WithHttpHealthCheck("/health")
            .OfRun(run);

    /// <summary>Marks a resource as part of the run: its id for the reaper, its lifeline.</summary>
    public static IResourceBuilder<T> OfRun<T>(this IResourceBuilder<T> resource, MoleculeRun run)
        where T : IResourceWithEnvironment =>
        resource
            .WithEnvironment(RunEnvironment.Run, run.Id)
            .WithEnvironment(RunEnvironment.Lifeline, run.LifelinePath);

    /// <summary>Adds one verb of Molecule.HostTools as an executable of the graph.</summary>
    public static IResourceBuilder<ExecutableResource> AddHostTool(this IDistributedApplicationBuilder builder, string name, MoleculeRun run, params string[] arguments) =>
        builder.AddExecutable(name, HostTool.Command, run.Repository, [HostTool.Program, .. arguments]).OfRun(run);

    /// <summary>A secret that is given by configuration, or made up where it is not.</summary>
    public static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true);

    /// <summary>Tells a service its own URL.</summary>
    public static IResourceBuilder<T> WithOwnUrl<T>(this IResourceBuilder<T> service, string variable)
        where T : IResourceWithEnvironment, IResourceWithEndpoints =>
        service.WithEnvironment(variable, service.GetEndpoint("http"));

    /// <summary>Points the control plane's LLM proxy at a vendor's stand-in: its origin and the vendor key.</summary>
    public static IResourceBuilder<T> WithVendor<T>(
        this IResourceBuilder<T> service, string vendor, IResourceBuilder<ProjectResource> fakes, string basePath, IResourceBuilder<ParameterResource> key)
        where T : IResourceWithEnvironment =>
        service
            .WithEnvironment($"Molecule__Vendors__{vendor}__Origin", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}{basePath}"))
            .WithEnvironment($"Molecule__Vendors__{vendor}__Key", key);

    /// <summary>Makes the control plane the one that refreshes ChatGPT logins, at the stand-in of the vendor (spec/runtimes-and-providers.md 2.2).</summary>
    public static IResourceBuilder<T> WithCodexLogins<T>(this IResourceBuilder<T> service, IResourceBuilder<ProjectResource> fakes, string basePath)
        where T : IResourceWithEnvironment =>
        service
            .WithEnvironment("CODEX_AUTH_REFRESH_OWNER", "1")
            .WithEnvironment("CODEX_REFRESH_TOKEN_URL_OVERRIDE", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}{basePath}/oauth/token"));

    /// <summary>Points the control plane at the emulated secrets manager, with one identity that writes and one that workspaces read by (docs/decisions/0025).</summary>
    public static IResourceBuilder<T> WithSecretsManager<T>(
        this IResourceBuilder<T> service, IResourceBuilder<ProjectResource> fakes, IResourceBuilder<ParameterResource> writerKey, IResourceBuilder<ParameterResource> readerKey)
        where T : IResourceWithEnvironment =>
        service
            .WithEnvironment("Molecule__Secrets__Origin", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}/aws-emulated"))
            .WithEnvironment("Molecule__Secrets__Account", "123456789012")
            .WithEnvironment("Molecule__Secrets__WriterAccessKeyId", "AKIAMOLECULEWRITER00")
            .WithEnvironment("Molecule__Secrets__WriterSecretAccessKey", writerKey)
            .WithEnvironment("Molecule__Secrets__ReaderAccessKeyId", "AKIAMOLECULEREADER00")
            .WithEnvironment("Molecule__Secrets__ReaderSecretAccessKey", readerKey)
            .WithEnvironment("Molecule__Secrets__ReaderArn", "arn:aws:iam::123456789012:user/molecule-reader");

    /// <summary>Points the control plane's keyless arm at the stand-ins of Google's clouds, and gives it the AWS identity that they trust.</summary>
    public static IResourceBuilder<T> WithVertex<T>(
        this IResourceBuilder<T> service,
        IResourceBuilder<ProjectResource> fakes,
        IResourceBuilder<ParameterResource> awsAccessKeyId,
        IResourceBuilder<ParameterResource> awsSecretAccessKey)
        where T : IResourceWithEnvironment =>
        service
            .WithEnvironment("Molecule__Vertex__Audience", "//iam.googleapis.com/projects/1000000000/locations/global/workloadIdentityPools/molecule-e2e/providers/aws")
            .WithEnvironment("Molecule__Vertex__AwsAccessKeyId", awsAccessKeyId)
            .WithEnvironment("Molecule__Vertex__AwsSecretAccessKey", awsSecretAccessKey)
            .WithEnvironment("Molecule__Vertex__ServiceAccount", "llm-proxy@molecule-e2e.iam.gserviceaccount.com")
            .WithEnvironment("Molecule__Vertex__StsOrigin", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}/c01"))
            .WithEnvironment("Molecule__Vertex__IamOrigin", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}/c02"))
            .WithEnvironment("Molecule__Vendors__vertex__Origin", ReferenceExpression.Create($"{fakes.GetEndpoint("http")}/u05"))
            .WithEnvironment("MOLECULE_VERTEX_PROJECT", "molecule-e2e");
}
