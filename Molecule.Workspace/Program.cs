using System.Collections;
using System.Collections.Immutable;
using System.Net;
using Molecule.Aws;
using Molecule.Processes;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Delegations;
using Molecule.Workspace.Memory;
using Molecule.Workspace.Mirror;
using Molecule.Workspace.Platform;
using Molecule.Workspace.Secrets;
using Molecule.Workspace.Turns;

WorkspaceSettings settings;
try
{
    settings = WorkspaceSettings.Read(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToImmutableDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal));
}
catch (WorkspaceSettingsException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(settings.Address ?? IPAddress.Loopback, 0));
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton<OwnChildren>();
builder.Services.AddSingleton<AgentFactory>();
builder.Services.AddSingleton<AgentSnapshot>();
builder.Services.AddSingleton<AgentSlot>();
builder.Services.AddSingleton<TurnQueue>();
builder.Services.AddSingleton<Wedge>();
builder.Services.AddSingleton<OverflowReport>();
builder.Services.AddSingleton<TurnRunner>();
builder.Services.AddSingleton<TaskStore>();
builder.Services.AddSingleton<TurnStream>();
builder.Services.AddSingleton(new ErrorMask(settings.Environment));
builder.Services.AddSingleton<AdvertisedAddress>();
builder.Services.AddSingleton<AgentCard>();
builder.Services.AddSingleton(new TokenStore(settings.ConfigFolder));
builder.Services.AddSingleton<PlatformClient>();
builder.Services.AddSingleton<MemoryClient>();
builder.Services.AddSingleton<MemoryKeeper>();

// Each call has its own limit.
builder.Services.AddHttpClient(nameof(SecretsReader), static http => http.Timeout = Timeout.InfiniteTimeSpan);
builder.Services.AddSingleton(new SecretsFolder(settings.ConfigFolder));
builder.Services.AddSingleton(settings.SecretsPace);
if (settings.Secrets is { } grant)
{
    builder.Services.AddSingleton(services => new SecretsReader(
        grant,
        new AwsEndpoint(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(SecretsReader)), grant.Region, grant.Origin is { } origin ? new Uri(origin) : null, services.GetRequiredService<TimeProvider>())));
}

builder.Services.AddSingleton<SecretsKeeper>();
builder.Services.AddHostedService(static services => services.GetRequiredService<SecretsKeeper>());
builder.Services.AddHttpClient<PlatformConnection>(static http => http.Timeout = Timeout.InfiniteTimeSpan);

// Stopped last to first: the link before the agent and its leftovers.
builder.Services.AddHostedService<OrphanCollector>();
builder.Services.AddHostedService(static services => services.GetRequiredService<MemoryKeeper>());
builder.Services.AddHostedService(static services => ActivatorUtilities.CreateInstance<DelegationWatch>(services, (Func<bool>)(() => services.GetRequiredService<AgentSlot>().Ready is not null)));
builder.Services.AddHostedService<CodexLoginReturn>();
builder.Services.AddHostedService<PlatformLink>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapA2A();
app.MapTranscript();
app.MapMirror();

// A running turn would hold the server's stop up.
app.Lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<TurnQueue>().Close);
await app.RunAsync();
return 0;
