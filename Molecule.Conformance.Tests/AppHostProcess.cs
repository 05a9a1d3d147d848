using System.Diagnostics;

namespace Molecule.Conformance.Tests;

/// <summary>The conformance AppHost in a process of its own.</summary>
internal static class AppHostProcess
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var program = Path.Combine(Path.GetDirectoryName(typeof(Projects.Molecule_Conformance_AppHost).Assembly.Location)!, "Molecule.Conformance.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardInput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"Waited {Deadline.TotalSeconds} s for {what}.");
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
