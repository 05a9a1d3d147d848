using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Molecule.Processes;

namespace Molecule.Tests.HostTools;

/// <summary>Molecule.HostTools as a process of its own, as an orchestrator starts it.</summary>
internal sealed class Tool : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private Tool(Process process)
    {
        _process = process;
        Key = ProcessTable.Find(process.Id)!.Key;
    }

    public ProcessKey Key { get; }

    public IReadOnlyCollection<string> Lines => _lines;

    public string Said => string.Join(Environment.NewLine, _lines);

    private static string DotnetHost => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    public static Tool Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(DotnetHost, [typeof(Molecule.HostTools.StopSignals).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var tool = new Tool(Process.Start(start)!);
        tool._process.OutputDataReceived += (_, line) => tool.Take(line.Data);
        tool._process.ErrorDataReceived += (_, line) => tool.Take(line.Data);
        tool._process.BeginOutputReadLine();
        tool._process.BeginErrorReadLine();
        return tool;
    }

    public async Task<int> ExitAsync(TimeSpan limit)
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The tool did not end within {limit.TotalSeconds:0} s. It said:{Environment.NewLine}{Said}");
        }

        return _process.ExitCode;
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    public void Dispose()
    {
        ProcessTable.Kill(Key);
        _process.Dispose();
    }
}
