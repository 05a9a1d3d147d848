namespace Molecule.HermesEmulated;

/// <summary>Ends this program with the one that started it: a pipe on stdin that ends is a parent that has gone.</summary>
public sealed class ParentWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // /dev/null and a terminal say nothing of a parent.
        if (!OperatingSystem.IsLinux() || new FileInfo("/proc/self/fd/0").LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) is not true)
        {
            return;
        }

        var buffer = new byte[256];
        await using var input = Console.OpenStandardInput();
        while (await Task.Run(() => input.Read(buffer), stoppingToken).WaitAsync(stoppingToken).ConfigureAwait(false) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
