using System.Diagnostics;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Molecule.HostTools.Postgres;

/// <summary>
/// One of PostgreSQL's programs, running as its account in a clean environment. It gets a signal from the kernel when this
/// process ends, however it ends.
/// </summary>
/// <remarks>
/// The kernel's parent-death signal (prctl PR_SET_PDEATHSIG, man 2) follows the thread that started the program and is cleared
/// by a change of user: so one thread starts it and lives as long as it does, and setpriv asks for the signal after the change.
/// </remarks>
public sealed class ServerProcess
{
    private static readonly TimeSpan FastLimit = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ImmediateLimit = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessKey key) => Key = key;

    public ProcessKey Key { get; }

    /// <summary>Completes with the exit code (128 + signal where one ended it) when the program has ended and its output has been read.</summary>
    public Task<int> Exit => _exit.Task;

    /// <summary>Starts a program.</summary>
    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads on stdin.</param>
    /// <param name="deathSignal">The signal for it when this process ends: INT or KILL.</param>
    /// <param name="output">Takes each line of its stdout and stderr.</param>
    /// <exception cref="PostgresUnavailableException">setpriv is missing, or the program cannot be started.</exception>
    public static async Task<ServerProcess> StartAsync(string program, IEnumerable<string> arguments, string input, string deathSignal, Action<string> output)
    {
        var start = new ProcessStartInfo("setpriv", [.. ServerAccount.Present.SetprivArguments, $"--pdeathsig={deathSignal}", "--", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C";
        foreach (var name in (string[])[RunEnvironment.Run, RunEnvironment.Lifeline])
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                start.Environment[name] = value;
            }
        }

        var started = new TaskCompletionSource<ServerProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Live(start, input, output, started)) { IsBackground = true, Name = Path.GetFileName(program) }.Start();
        return await started.Task.ConfigureAwait(false);
    }

    /// <summary>Runs a program to its end; it is killed where the token asks for it.</summary>
    /// <exception cref="PostgresUnavailableException">It failed; the message carries what it said.</exception>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string input, CancellationToken cancellationToken)
    {
        var said = new List<string>();
        var process = await StartAsync(program, arguments, input, "KILL", line =>
        {
            lock (said)
            {
                said.Add(line);
            }
        }).ConfigureAwait(false);
        await using var stop = cancellationToken.Register(() => ProcessTable.Kill(process.Key)).ConfigureAwait(false);
        var code = await process.Exit.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (code != 0)
        {
            throw new PostgresUnavailableException($"{Path.GetFileName(program)} ended with {code}:{Environment.NewLine}{string.Join(Environment.NewLine, said)}");
        }
    }

    /// <summary>
    /// Ends a server: a fast shutdown (INT: sessions are ended, the data is closed cleanly), after 4 s an immediate one (QUIT),
    /// after half a second more KILL.
    /// </summary>
    /// <remarks>https://www.postgresql.org/docs/18/server-shutdown.html</remarks>
    /// <returns>The exit code; 0 after a clean end.</returns>
    public async Task<int> StopAsync(TimeProvider time)
    {
        foreach (var (signal, limit) in ((Func<ProcessKey, bool>, TimeSpan)[])
            [(ProcessTable.Interrupt, FastLimit), (ProcessTable.Quit, ImmediateLimit), (ProcessTable.Kill, Timeout.InfiniteTimeSpan)])
        {
            signal(Key);
            try
            {
                return await Exit.WaitAsync(limit, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The next signal is a stronger one.
            }
        }

        return await Exit.ConfigureAwait(false);
    }

    private static void Live(ProcessStartInfo start, string input, Action<string> output, TaskCompletionSource<ServerProcess> started)
    {
        using var process = new Process { StartInfo = start };
        ServerProcess server;
        try
        {
            process.Start();
            server = new ServerProcess(ProcessTable.Find(process.Id)?.Key ?? new ProcessKey(process.Id, 0));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            started.SetException(new PostgresUnavailableException($"setpriv cannot be started: {e.Message}. It belongs to util-linux; install that.", e));
            return;
        }

        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, output), ReadAsync(process.StandardError, output));
        started.SetResult(server);
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says why.
        }

        process.WaitForExit();

        // A worker may hold the pipe a little longer than the server itself lives.
        reading.Wait(TimeSpan.FromSeconds(1));
        server._exit.SetResult(process.ExitCode);
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> output)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            output(line);
        }
    }
}
