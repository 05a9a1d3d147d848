using Microsoft.Extensions.Hosting;
using Molecule.AppHost.Run;
using Npgsql;

namespace Molecule.AppHost.Up;

/// <summary>Prints where each part of the graph is reached, once it is healthy; of the database all but the password.</summary>
public sealed class AddressList(DistributedApplicationModel model, ResourceNotificationService notifications, MoleculeRun run, TextWriter output) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await output.WriteLineAsync($"up: run {run.Id}").ConfigureAwait(false);
        try
        {
            await Task.WhenAll(model.Resources
                .Where(static r => r is IResourceWithConnectionString ? r is IResourceWithParent : r.HasAnnotationOfType<KeptUpAnnotation>())
                .Select(r => PrintAsync(r, stoppingToken))).ConfigureAwait(false);
            await output.WriteLineAsync("up: the graph is up; Ctrl+C stops it").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The graph is stopping.
        }
    }

    private async Task PrintAsync(IResource resource, CancellationToken cancellationToken)
    {
        // For ever: one that dies meanwhile is started again.
        await notifications.WaitForResourceHealthyAsync(resource.Name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken).ConfigureAwait(false);
        foreach (var address in await AddressesAsync(resource, cancellationToken).ConfigureAwait(false))
        {
            await output.WriteLineAsync($"up: {resource.Name,-14} {address}").ConfigureAwait(false);
        }
    }

    // The server's connection string is the database's without its name.
    private static async Task<string[]> AddressesAsync(IResource resource, CancellationToken cancellationToken) => resource switch
    {
        IResourceWithConnectionString database => [WithoutPassword(await database.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false))],
        IResourceWithEndpoints service => [.. service.GetEndpoints().Select(static e => e.Url)],
        ExternalServiceResource { Uri: { } uri } => [uri.AbsoluteUri],
        _ => [],
    };

    private static string WithoutPassword(string? connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        parts.Remove("Password");
        return parts.ConnectionString;
    }
}
