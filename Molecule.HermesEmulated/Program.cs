using System.Collections;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Molecule.HermesEmulated;
using Molecule.HermesEmulated.Api;
using Molecule.HermesEmulated.Configuration;
using Molecule.HermesEmulated.Models;
using Molecule.HermesEmulated.Sessions;
using Molecule.HermesEmulated.Turns;

switch (args)
{
    case ["--version"]:
        Console.WriteLine(Identity.Name);
        return 0;
    case ["gateway"]:
        break;
    default:
        await Console.Error.WriteLineAsync($"{Identity.Name} stands in for hermes-agent's API server. Usage: gateway | --version");
        return 2;
}

GatewaySettings settings;
try
{
    settings = GatewaySettings.Read(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToImmutableDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal));
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync($"{Identity.Name}: {e.Message}");
    return 1;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(settings.Host, settings.Port));
builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(new SessionStore(settings.Home));
builder.Services.AddSingleton(new RetryPolicy(settings.MaxAttempts, Random.Shared));
builder.Services.AddSingleton(new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan });
builder.Services.AddSingleton<IModelWire>(settings.Endpoint.Mode is ApiMode.AnthropicMessages
    ? new AnthropicMessagesWire(settings.Endpoint)
    : new ChatCompletionsWire(settings.Endpoint));
builder.Services.AddSingleton<ModelCall>();
builder.Services.AddSingleton<AgentTurn>();
builder.Services.AddHostedService<ParentWatch>();

var app = builder.Build();
app.MapApi(settings);
app.Lifetime.ApplicationStarted.Register(() =>
{
    var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    Console.WriteLine($"[API Server] API server listening on {address} ({Identity.Name})");
});
try
{
    await app.RunAsync();
    return 0;
}
catch (IOException e)
{
    await Console.Error.WriteLineAsync($"{Identity.Name}: {settings.Host}:{settings.Port} cannot be listened on: {e.Message}");
    return 1;
}
