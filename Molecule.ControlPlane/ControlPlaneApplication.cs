using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Approvals;
using Molecule.ControlPlane.Bundles;
using Molecule.ControlPlane.Canvas;
using Molecule.ControlPlane.Checkpoints;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Delegations;
using Molecule.ControlPlane.Desktop;
using Molecule.ControlPlane.Desktop.Agent;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Files;
using Molecule.ControlPlane.Http;
using Molecule.ControlPlane.Instructions;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Memories;
using Molecule.ControlPlane.OrgTemplates;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Registry;
using Molecule.ControlPlane.Secrets;
using Molecule.ControlPlane.Secrets.Managed;
using Molecule.ControlPlane.Sessions;
using Molecule.ControlPlane.Templates;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Molecule.Processes.Peers;
using Molecule.Registry;
using Molecule.Registry.Aliases;
using Molecule.Registry.Mirror;

namespace Molecule.ControlPlane;

/// <summary>The control plane as a whole: its parts and its routes.</summary>
public static class ControlPlaneApplication
{
    /// <summary>Builds it from what the builder's configuration says.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    /// <exception cref="RegistryFormatException">providers.yaml is wrong.</exception>
    public static WebApplication Create(WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = Settings.Read(builder.Configuration);
        builder.AddServiceDefaults();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        var services = builder.Services;
        services.AddSingleton(settings);
        var registry = ReadRegistry(settings.RegistryPath);
        services.AddSingleton(registry);
        services.AddSingleton(registry.Registry);
        services.AddSingleton(TemplateFolder.Read(settings.TemplatesFolder));
        services.AddSingleton(ReadAliases(settings.AliasesPath));

        services.AddSingleton<MoleculeDatabase>();
        services.AddSingleton<DatabaseMigration>();
        services.AddHostedService(static provider => provider.GetRequiredService<DatabaseMigration>());
        services.AddHealthChecks().AddCheck<DatabaseMigration>("database");

        services.AddHttpPipeline();
        services.AddHttpClient(nameof(UpstreamSessions)).ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        services.AddSingleton(static provider => new UpstreamSessions(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(UpstreamSessions)),
            provider.GetRequiredService<Settings>().Sessions,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamSessions>>()));
        services.AddSingleton<AccessRules>();
        services.AddSingleton<SecretCipher>();
        services.AddHttpClient(nameof(ManagedSecrets), static http => http.Timeout = Timeout.InfiniteTimeSpan);
        services.AddSingleton(static provider => new ManagedSecrets(
            provider.GetRequiredService<Settings>(), provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(ManagedSecrets)), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SecretStore>();
        services.AddSingleton<WorkspaceCreation>();
        services.AddSingleton<WorkspaceDeletion>();
        services.AddSingleton<Registration>();
        services.AddSingleton<Heartbeats>();

        services.AddSingleton<PlatformAddress>();
        services.AddHttpClient(nameof(NodeClient));
        services.AddSingleton(static provider => new NodeClient(provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(NodeClient)), provider.GetRequiredService<Settings>()));
        services.AddSingleton<CodexAuth.CodexAuthRefresh>();
        services.AddSingleton<Provisioner>();
        services.AddHostedService(static provider => provider.GetRequiredService<Provisioner>());

        services.AddSingleton<WorkspaceSweep>();
        services.AddHostedService(static provider => provider.GetRequiredService<WorkspaceSweep>());
        services.AddHostedService<ActivityRetention>();

        services.AddSingleton<WorkspacePulse>();
        services.AddSingleton<EventFeed>();
        services.AddHostedService(static provider => provider.GetRequiredService<EventFeed>());
        services.AddSingleton<A2aTransport>();
        services.AddSingleton<A2aBooks>();
        services.AddSingleton<WorkspaceRevival>();
        services.AddSingleton<A2aStreamRelay>();
        services.AddSingleton<A2aProxy>();
        services.AddSingleton<A2aCourier>();
        services.AddSingleton<DelegationStore>();
        services.AddSingleton<DelegationWorker>();
        services.AddHostedService(static provider => provider.GetRequiredService<DelegationWorker>());
        services.AddSingleton<QueueDrain>();
        services.AddHostedService(static provider => provider.GetRequiredService<QueueDrain>());

        services.AddSingleton<DisplayTokens>();
        services.AddSingleton<Desktop.Relay.DesktopRelay>();

        services.AddSingleton<PeerAttestor>();
        services.AddSingleton<LlmJournal>();
        services.AddSingleton<LlmBooks>();
        services.AddSingleton<LlmUpstream>();
        services.AddSingleton<VertexTokenMint>();
        services.AddSingleton<VertexTokens>();
        services.AddSingleton<UpstreamRouting>();
        services.AddSingleton<LlmProxy>();

        var app = builder.Build();
        app.UseHttpPipeline();
        app.MapWorkspaces();
        app.MapLifecycle();
        app.MapRestarts();
        app.MapBundles();
        app.MapWorkspaceConfig();
        app.MapBudget();
        app.MapTokens();
        app.MapRegistry();
        app.MapDiscovery();
        app.MapA2a();
        app.MapChatSession();
        app.MapActivity();
        app.MapNotify();
        app.MapSecrets();
        app.MapGlobalSecrets();
        app.MapModel();
        app.MapEvents();
        app.MapEventStreams();
        app.MapCanvas();
        app.MapLlm();
        app.MapUsage();
        app.MapDelegations();
        app.MapMemories();
        app.MapKeyValues();
        app.MapApprovals();
        app.MapCheckpoints();
        app.MapInstructions();
        app.MapDisplay();
        app.MapDisplayControl();
        app.MapAgentDesktop();
        app.MapFiles();
        app.MapOrg();
        app.MapTemplates();
        app.MapFingerprint();
        app.MapDefaultEndpoints();
        return app;
    }

    private static RegistrySource ReadRegistry(string path)
    {
        try
        {
            return RegistrySource.Read(path, File.ReadAllBytes(path));
        }
        catch (IOException e)
        {
            throw new SettingsException("Molecule__Registry", $"names a file that cannot be read ({e.Message})", "give it the path of providers.yaml");
        }
    }

    private static AliasTable ReadAliases(string path) => AliasTable.Read(File.Exists(path) ? File.ReadAllText(path) : "schema: 1\nmodels: []\n", path);
}
