using System.Diagnostics;
using System.Globalization;
using Molecule.Contracts.Runs;

namespace Molecule.Tests.Processes.Peers;

/// <summary>A shell that connects to a loopback port and keeps the connection until it is ended.</summary>
internal sealed class ShellClient : IDisposable
{
    private readonly Process _process;

    private ShellClient(Process process) => _process = process;

    public int Id => _process.Id;

    public static ShellClient Start(string shell, int port, string? workspace)
    {
        var start = new ProcessStartInfo(shell, ["-c", $"exec 3<>/dev/tcp/127.0.0.1/{port.ToString(CultureInfo.InvariantCulture)}; read -r line <&3"]);
        start.Environment.Remove(RunEnvironment.Workspace);
        if (workspace is not null)
        {
            start.Environment[RunEnvironment.Workspace] = workspace;
        }

        return new ShellClient(Process.Start(start) ?? throw new InvalidOperationException($"'{shell}' did not start."));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
