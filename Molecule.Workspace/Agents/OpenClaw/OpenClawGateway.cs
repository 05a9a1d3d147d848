using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>One running <c>openclaw gateway</c> and what descends from it; it answers on a loopback port, to a token of its own.</summary>
public sealed class OpenClawGateway : IAsyncDisposable
{
    private static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(2);

    private const int KeptLines = 20;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    // Measured: 0.16 to 0.25 s when it is idle.
    private static readonly TimeSpan GraceAfterTerm = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan GraceForLastLines = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly ProcessKey _key;
    private readonly ILogger _logger;
    private readonly Queue<string> _lines = new();
    private long _taken;

    private OpenClawGateway(Process process, ProcessKey key, int port, string token, ILogger logger)
    {
        (_process, _key, _logger) = (process, key, logger);

        // Node ends a connection after five idle seconds; one that is taken up at that moment fails a turn.
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = IdleConnection }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = Timeout.InfiniteTimeSpan };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    /// <summary>A client of the gateway, with its token.</summary>
    public HttpClient Http { get; }

    public bool HasEnded => _process.HasExited;

    /// <summary>How it ended, for an error text.</summary>
    public string Ending
    {
        get
        {
            lock (_lines)
            {
                var code = _process.HasExited ? $"exit code {_process.ExitCode}" : "still running";
                return _lines.Count is 0 ? code : $"{code}: {string.Join(" | ", _lines)}";
            }
        }
    }

    /// <summary>The last line since a mark that tells of an overflow; null where none does. The gateway's answer is but "internal error" (driving-the-runtimes.md 3).</summary>
    public string? OverflowSince(long mark)
    {
        lock (_lines)
        {
            return _lines.TakeLast((int)Math.Min(_taken - mark, _lines.Count)).LastOrDefault(static line => line.Contains("Context overflow:", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>How many lines it has written.</summary>
    public long Mark
    {
        get
        {
            lock (_lines)
            {
                return _taken;
            }
        }
    }

    /// <summary>A loopback port that was free a moment ago: a gateway on port 0 does not say which one it got.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts the gateway.</summary>
    /// <exception cref="AgentSetupException">It cannot be started.</exception>
    public static OpenClawGateway Start(AgentProgram program, int port, string token, OwnChildren children, ILogger logger)
    {
        var info = new ProcessStartInfo(program.Path, program.Arguments)
        {
            WorkingDirectory = program.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        info.Environment.Clear();
        foreach (var (name, value) in program.Environment)
        {
            info.Environment[name] = value;
        }

        try
        {
            return new OpenClawGateway(children.Start(info, out var key), key, port, token, logger);
        }
        catch (Win32Exception e)
        {
            throw new AgentSetupException($"The agent program '{program.Path}' cannot be started: {e.Message}. Install the runtimes again.", e);
        }
    }

    /// <summary>Waits until it serves.</summary>
    /// <exception cref="OpenClawException">It ended.</exception>
    /// <exception cref="OperationCanceledException">It did not serve in time.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        while (!await IsAliveAsync(cancellationToken).ConfigureAwait(false))
        {
            if (HasEnded)
            {
                // Its last lines come after it; a descendant may keep their end from coming.
                await _process.WaitForExitAsync(cancellationToken).WaitAsync(GraceForLastLines, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new OpenClawException($"the gateway has ended ({Ending})");
            }

            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether it says that it is live.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("healthz", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            _logger.LogInformation("openclaw: {Line}", line);
            lock (_lines)
            {
                _lines.Enqueue(line);
                _taken++;
                if (_lines.Count > KeptLines)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    /// <summary>Ends it: TERM, a moment's grace, then KILL of it and of everything that it has started.</summary>
    public async ValueTask DisposeAsync()
    {
        var family = ProcessTable.Descendants(ProcessTable.Read(), _key.Id).Select(static r => r.Key).Append(_key).ToHashSet();
        ProcessTable.Terminate(_key);
        using (var grace = new CancellationTokenSource(GraceAfterTerm))
        {
            await _process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await ProcessTree.KillAsync(
            rows => rows.Where(r => family.Contains(r.Key)).Concat(ProcessTable.Descendants(rows, _key.Id)),
            CancellationToken.None).ConfigureAwait(false);
        Http.Dispose();
        _process.Dispose();
    }
}

/// <summary>The gateway ended, or failed a call; the message is its own.</summary>
public sealed class OpenClawException : Exception
{
    public OpenClawException(string message)
        : base(message)
    {
    }

    public OpenClawException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
