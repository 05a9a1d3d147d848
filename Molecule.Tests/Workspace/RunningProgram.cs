using System.Diagnostics;
using System.Text;
using Molecule.Processes;

namespace Molecule.Tests.Workspace;

/// <summary>One of our own programs as a process of its own, with exactly the environment that is given.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private RunningProgram(Process process, ProcessKey key)
    {
        _process = process;
        Key = key;
    }

    public ProcessKey Key { get; }

    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote so far; for messages of failing tests.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts <c>dotnet DLL ARGUMENTS</c>, the DLL from the test's own output folder.</summary>
    public static RunningProgram Start(string dll, string folder, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileName(self) is "dotnet" ? self : "dotnet", [Path.Combine(AppContext.BaseDirectory, dll), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        info.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        var process = Process.Start(info)!;
        var program = new RunningProgram(process, ProcessTable.Find(process.Id)!.Key);
        process.OutputDataReceived += (_, e) => program.Append(e.Data);
        process.ErrorDataReceived += (_, e) => program.Append(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return program;
    }

    /// <summary>What every program of ours needs of the surroundings to start at all.</summary>
    public static Dictionary<string, string> BareEnvironment(string home)
    {
        var bare = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin", ["HOME"] = home, ["LANG"] = "C.UTF-8", ["TMPDIR"] = home };
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root)
        {
            bare["DOTNET_ROOT"] = root;
        }

        return bare;
    }

    /// <summary>Memory that it holds now.</summary>
    public long ResidentBytes()
    {
        using var now = Process.GetProcessById(Key.Id);
        return now.WorkingSet64;
    }

    public async Task<int> StopAsync()
    {
        ProcessTable.Terminate(Key);
        await WaitForExitAsync(StopDeadline);
        return _process.ExitCode;
    }

    public async Task WaitForExitAsync(TimeSpan deadline)
    {
        using var limit = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Process {Key.Id} has not ended within {deadline.TotalSeconds} s. It wrote:\n{Output}");
        }
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            ProcessTable.Terminate(Key);
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await _process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ProcessTree.KillAsync(rows => [.. rows.Where(r => r.Key == Key), .. ProcessTable.Descendants(rows, Key.Id)], CancellationToken.None);
        }

        _process.Dispose();
    }
}
