using System.ComponentModel;
using System.Diagnostics;

namespace Aspire.Hosting.Running;

/// <summary>What to start.</summary>
internal sealed record Launch(string Command, IReadOnlyList<string> Arguments, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment);

/// <summary>A started process: its output line by line, and its end however it comes.</summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Pipes can outlive the process in the hands of its children; what the process itself has written is read long before.</summary>
    private static readonly TimeSpan OutputGrace = TimeSpan.FromMilliseconds(500);

    private readonly Process _process;

    private ChildProcess(Process process, Action<string, bool> line)
    {
        _process = process;
        Id = process.Id;
        Exited = WaitAsync(ReadAsync(process.StandardOutput, l => line(l, false)), ReadAsync(process.StandardError, l => line(l, true)));
    }

    public int Id { get; }

    /// <summary>The exit code; 128 + n for a process that signal n ended.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts a process with nothing to read on standard input.</summary>
    /// <exception cref="DistributedApplicationException">There is no such program or folder, or it may not be run.</exception>
    public static ChildProcess Start(Launch launch, Action<string, bool> line)
    {
        var start = new ProcessStartInfo(launch.Command, launch.Arguments)
        {
            WorkingDirectory = launch.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in launch.Environment)
        {
            start.Environment[name] = value;
        }

        if (!Directory.Exists(launch.WorkingDirectory))
        {
            throw new DistributedApplicationException($"The working directory '{launch.WorkingDirectory}' does not exist.");
        }

        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (Win32Exception e)
        {
            throw new DistributedApplicationException($"'{launch.Command}' could not be started: {e.Message}", e);
        }

        process!.StandardInput.Close();
        return new ChildProcess(process, line);
    }

    public void Dispose() => _process.Dispose();

    /// <summary>For systems without /proc.</summary>
    public void KillTree()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    private async Task<int> WaitAsync(params Task[] output)
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(output), Task.Delay(OutputGrace)).ConfigureAwait(false);
        return _process.ExitCode;
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> line)
    {
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } text)
            {
                line(text);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe was closed with the process.
        }
    }
}
