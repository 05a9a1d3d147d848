using Molecule.AppHost.Postgres;
using Molecule.AppHost.Run;
using Molecule.AppHost.Services;
using Molecule.AppHost.Up;
using Molecule.Contracts.Runs;

var builder = DistributedApplication.CreateBuilder(args);

var run = builder.AddMoleculeRun();
var choice = ControlPlaneChoice.Parse(builder.Configuration[ControlPlaneChoice.Setting]);

var fakesAdminKey = builder.AddSecret("fakes-admin-key");
var fakes = builder.AddService<Projects.Molecule_ProviderFakes>("fakes", run)
    .WithEnvironment("Molecule__Fakes__AdminKey", fakesAdminKey);

// Somebody's that runs already has a database and a node of its own: of this graph it needs the vendors alone.
if (choice.Kind is ControlPlaneKind.Url)
{
    builder.AddUp(builder.AddControlPlaneAt(choice.Where), fakes);
    builder.Build().Run();
    return;
}

var adminToken = builder.AddSecret("admin-token");
var provisionSecret = builder.AddSecret("provision-secret");
var encryptionKey = builder.AddSecret("encryption-key");
var vendorKey = builder.AddSecret("vendor-key");
var awsAccessKeyId = builder.AddSecret("aws-access-key-id");
var awsSecretAccessKey = builder.AddSecret("aws-secret-access-key");
var secretsWriterKey = builder.AddSecret("secrets-writer-key");
var secretsReaderKey = builder.AddSecret("secrets-reader-key");

var runtimes = builder.AddHostTool("install-runtimes", run, "install", "runtimes");
var database = builder.AddMoleculeDatabase(run);

var node = builder.AddService<Projects.Molecule_Node>("node", run)
    .WithEnvironment("PROVISION_SHARED_SECRET", provisionSecret)
    .WithEnvironment("MOLECULE_ENGINES", run.EngineManifests)
    .WithEnvironment("Molecule__Registry", run.ProvidersFile)
    .WithEnvironment("Molecule__Node__Root", run.WorkspacesFolder)
    .WithEnvironment("Molecule__Workspace__Program", run.WorkspaceProgram)
    .WithConfiguredRuntime(builder, "hermes")
    .WithRuntimeImages(builder)
    .WaitForCompletion(runtimes);

var postgres = builder.CreateResourceBuilder<IResource>(MoleculeDatabaseExtensions.ServerName);
if (choice.Kind is ControlPlaneKind.Container)
{
    builder.AddUp(Set(builder.AddControlPlaneOf(choice.Where, run)).WithWorkspacesOutside(), fakes, node.WithWorkspacesForContainers(), postgres);
}
else
{
    builder.AddUp(
        Set(builder.AddService<Projects.Molecule_ControlPlane>(ControlPlaneExtensions.Name, run))
            .WithOwnUrl("PLATFORM_URL")
            .WithEnvironment("Molecule__Registry", run.ProvidersFile)
            .WithSecretsManager(fakes, secretsWriterKey, secretsReaderKey),
        fakes, node, postgres);
}

builder.Build().Run();

IResourceBuilder<T> Set<T>(IResourceBuilder<T> controlPlane)
    where T : IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport => controlPlane
    .WithReference(database).WaitFor(database)
    .WithEnvironment("CP_PROVISION_URL", node.GetEndpoint("http")).WaitFor(node)
    .WithEnvironment("PROVISION_SHARED_SECRET", provisionSecret)
    .WithEnvironment("ADMIN_TOKEN", adminToken)
    .WithEnvironment("SECRETS_ENCRYPTION_KEY", encryptionKey)
    .WithEnvironment("MOLECULE_ENV", "development")
    .WithEnvironment("RATE_LIMIT", "1000000")
    .WithEnvironment("MOLECULE_DESKTOP_ENABLED", "true")
    .WithVendor("anthropic", fakes, "/u01", vendorKey)
    .WithVendor("openai", fakes, "/u02", vendorKey)
    .WithVendor("minimax", fakes, "/u03", vendorKey)
    .WithVendor("moonshot", fakes, "/u04", vendorKey)
    .WithVendor("google", fakes, "/u06", vendorKey)
    .WithCodexLogins(fakes, "/a04")
    .WithVertex(fakes, awsAccessKeyId, awsSecretAccessKey)
    .WaitFor(fakes);
