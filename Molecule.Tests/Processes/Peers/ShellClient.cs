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

    public static ShellClient Start(string shell, int port, string? workspace) => Start(shell, workspace, [], "-c", Script(port));

    /// <summary>A shell that runs a script file, with more in its environment.</summary>
    public static ShellClient StartScript(string shell, string script, params (string Name, string Value)[] more) => Start(shell, null, more, script);

    /// <summary>What it runs.</summary>
    public static string Script(int port) => $"exec 3<>/dev/tcp/127.0.0.1/{port.ToString(CultureInfo.InvariantCulture)}; read -r line <&3";

    private static ShellClient Start(string shell, string? workspace, (string Name, string Value)[] more, params string[] arguments)
    {
        var start = new ProcessStartInfo(shell, arguments);
        start.Environment.Remove(RunEnvironment.Workspace);
        if (workspace is not null)
        {
            start.Environment[RunEnvironment.Workspace] = workspace;
        }

        foreach (var (name, value) in more)
        {
            start.Environment[name] = value;
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
