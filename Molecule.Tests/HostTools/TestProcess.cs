using System.Collections.Concurrent;
using System.Diagnostics;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.Tests.HostTools;

/// <summary>A real process for the reaper to see. Everything below it is killed with it at the end.</summary>
internal sealed class TestProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private TestProcess(Process process)
    {
        _process = process;
        Key = ProcessTable.Find(process.Id)!.Key;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                _lines.Enqueue(line.Data);
            }
        };
        process.BeginOutputReadLine();
    }

    public ProcessKey Key { get; }

    public bool IsRunning => ProcessTable.IsRunning(Key);

    /// <summary>A shell script; null for no run marker.</summary>
    public static TestProcess Shell(string? run, string script) => Start(run, "/bin/sh", "-c", script);

    public static TestProcess Start(string? run, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Remove(RunEnvironment.Run);
        if (run is not null)
        {
            start.Environment[RunEnvironment.Run] = run;
        }

        return new TestProcess(Process.Start(start)!);
    }

    /// <summary>Waits for a line `NAME VALUE` on its stdout.</summary>
    public async Task<int> NumberAsync(string name)
    {
        await Awaited.UntilAsync($"the process had said its {name}", TimeSpan.FromSeconds(10), () => _lines.Any(line => line.StartsWith(name + " ", StringComparison.Ordinal)));
        return int.Parse(_lines.First(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for a line `NAME PID` and takes that process's key.</summary>
    public async Task<ProcessKey> ChildAsync(string name) => ProcessTable.Find(await NumberAsync(name))!.Key;

    public void WriteLine(string line) => _process.StandardInput.WriteLine(line);

    public void Dispose()
    {
        var family = ProcessTree.Freeze(rows => rows.Where(row => row.Key == Key).Concat(ProcessTable.Descendants(rows, Key.Id)));
        foreach (var key in family)
        {
            ProcessTable.Kill(key);
        }

        _process.Dispose();
    }
}
