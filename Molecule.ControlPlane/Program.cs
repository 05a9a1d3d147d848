using Molecule.ControlPlane;
using Molecule.ControlPlane.Database;
using Molecule.Registry;

try
{
    await using var app = ControlPlaneApplication.Create(WebApplication.CreateBuilder(args));
    await app.RunAsync();
    return app.Services.GetRequiredService<DatabaseMigration>().Done.IsFaulted ? 1 : 0;
}
catch (Exception e) when (e is SettingsException or RegistryFormatException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
