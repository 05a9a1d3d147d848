using Molecule.Node;
using Molecule.Node.Desktops;
using Molecule.Node.Volumes;
using Molecule.Node.Workspaces;
using Molecule.Processes;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
NodeSettings settings;
try
{
    settings = NodeSettings.Read(builder.Configuration);
}
catch (NodeSettingsException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

if (!OperatingSystem.IsLinux())
{
    await Console.Error.WriteLineAsync("A node runs on Linux: it relies on /proc and on adopting orphans. A container or WSL 2 will do.");
    return 2;
}

using var socket = LifelineSocket.In(settings.Root);
await using var lifeline = LifelineHolder.Open(socket.Path);
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton(lifeline);
builder.Services.AddSingleton<OwnChildren>();
builder.Services.AddSingleton<WorkspaceData>();
builder.Services.AddHostedService(static services => services.GetRequiredService<WorkspaceData>());
builder.Services.AddSingleton<WorkspaceContainers>();
builder.Services.AddHostedService(static services => services.GetRequiredService<WorkspaceContainers>());
builder.Services.AddSingleton<WorkspaceFleet>();
builder.Services.AddHostedService<OrphanKeeper>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapProvisioning();
app.MapDesktops();
return await app.RunServiceAsync();
