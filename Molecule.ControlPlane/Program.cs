using Molecule.ControlPlane;
using Molecule.ControlPlane.Database;
using Molecule.Registry;

try
{
    await using var app = ControlPlaneApplication.Create(WebApplication.CreateBuilder(args));

    // Asked for before the run: its end takes the services away.
    var migration = app.Services.GetRequiredService<DatabaseMigration>();
    var exitCode = await app.RunServiceAsync();
    return migration.Done.IsFaulted ? 1 : exitCode;
}
catch (Exception e) when (e is SettingsException or RegistryFormatException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
