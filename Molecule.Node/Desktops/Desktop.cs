using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.Sockets;
using Molecule.Contracts.Desktop;
using Molecule.Node.Workspaces;
using Molecule.Processes;

namespace Molecule.Node.Desktops;

/// <summary>
/// A workspace's desktop: Xvnc, which is display and VNC server in one, and a terminal on it. Both carry the workspace's marks, so whatever ends the
/// workspace ends them. Nobody reaches it by a port: the display listens on an abstract socket and asks for a cookie, RFB on a socket of its owner's.
/// </summary>
public sealed class Desktop : IAsyncDisposable
{
    /// <summary>Its size in pixels.</summary>
    public const int Width = 1024;

    /// <inheritdoc cref="Width"/>
    public const int Height = 768;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    private readonly ImmutableArray<(Process Process, ProcessKey Key)> _programs;
    private readonly Task _serverEnded;
    private readonly WorkspaceLog _log;
    private readonly string _socket;

    private Desktop(ImmutableArray<(Process Process, ProcessKey Key)> programs, WorkspaceLog log, Screen screen, string socket)
    {
        (_programs, _log, Screen, _socket) = (programs, log, screen, socket);
        _serverEnded = programs[0].Process.WaitForExitAsync();
    }

    /// <summary>How the workspace's programs reach it.</summary>
    public Screen Screen { get; }

    /// <summary>Whether it is there to be connected to.</summary>
    public bool IsRunning => !_serverEnded.IsCompleted;

    /// <summary>Starts one and waits until programs can draw on it.</summary>
    /// <param name="workspace">Whose it is.</param>
    /// <param name="folders">The workspace's folders.</param>
    /// <param name="socket">Where RFB is to be spoken; short enough for a socket.</param>
    /// <param name="environment">The workspace's environment with its marks.</param>
    /// <param name="children">Starts its programs.</param>
    /// <param name="time">Bounds the start.</param>
    /// <param name="logger">Hears what its programs say.</param>
    /// <exception cref="DesktopException">A program is missing, or the display does not come up within 15 s.</exception>
    public static async Task<Desktop> StartAsync(
        string workspace,
        WorkspaceFolders folders,
        string socket,
        ImmutableDictionary<string, string> environment,
        OwnChildren children,
        TimeProvider time,
        ILogger logger)
    {
        var path = environment.GetValueOrDefault("PATH");
        if (DesktopPrograms.Missing(DesktopPrograms.OfAWorkspace, path, File.Exists) is { IsEmpty: false } missing)
        {
            throw new DesktopException($"A desktop needs {string.Join(" and ", missing)}, not on the node's PATH: './molecule setup' installs it.");
        }

        var authority = Path.Combine(folders.Temporary, "Xauthority");
        DisplayAuthority.Write(authority);
        var log = new WorkspaceLog(workspace, Path.Combine(folders.Logs, "desktop.log"), logger);
        var start = StartOf(DesktopPrograms.Find(DesktopPrograms.Server, path, File.Exists)!, folders, environment);
        foreach (var argument in (string[])
            [
                "-displayfd", "1",
                "-auth", authority,

                // Without 'unix' there is an abstract socket alone, and no file in /tmp that a kill would leave.
                "-nolisten", "tcp", "-nolisten", "unix",
                "-rfbport", "-1", "-rfbunixpath", socket, "-rfbunixmode", "0600",

                // Who may connect is judged by the control plane, whose node alone reaches the socket.
                "-SecurityTypes", "None", "-AlwaysShared",
                "-geometry", $"{Width}x{Height}", "-depth", "24",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        Process? server = null;
        try
        {
            server = children.Start(start, out var key);
            server.StandardInput.Close();
            log.Follow(server.StandardError);
            if (await ReadDisplayAsync(server, time).ConfigureAwait(false) is not { Length: > 0 } number)
            {
                throw new DesktopException($"{DesktopPrograms.Server} ended or did not say its display within {StartLimit.TotalSeconds:0} s; '{Path.Combine(folders.Logs, "desktop.log")}' says why.");
            }

            log.Follow(server.StandardOutput);
            var screen = new Screen($":{number}", authority);
            return new Desktop([(server, key), OpenTerminal(screen, folders, environment, log, children)], log, screen, socket);
        }
        catch
        {
            server?.Kill();
            server?.Dispose();
            log.Dispose();
            throw;
        }
    }

    /// <summary>Connects to its VNC server.</summary>
    /// <exception cref="SocketException">It has ended.</exception>
    public async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Ends what still runs of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await ProcessTree.KillAsync(
            rows =>
            {
                var own = _programs.Select(static p => p.Key).ToHashSet();
                own.UnionWith(own.ToArray().Where(key => rows.Any(r => r.Key == key)).SelectMany(key => ProcessTable.Descendants(rows, key.Id)).Select(static r => r.Key));
                return rows.Where(r => own.Contains(r.Key));
            },
            CancellationToken.None).ConfigureAwait(false);
        foreach (var (process, _) in _programs)
        {
            await process.WaitForExitAsync().ConfigureAwait(false);
            process.Dispose();
        }

        await _log.CloseAsync().ConfigureAwait(false);
        File.Delete(_socket);
    }

    // Whoever ends the shell in it gets another one; one that cannot open a window is not tried for ever.
    private static (Process Process, ProcessKey Key) OpenTerminal(
        Screen screen, WorkspaceFolders folders, ImmutableDictionary<string, string> environment, WorkspaceLog log, OwnChildren children)
    {
        var start = StartOf("/bin/sh", folders, environment.SetItem("DISPLAY", screen.Display).SetItem("XAUTHORITY", screen.AuthorityFile));
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""while "$0" -geometry 168x57+0+0 -title terminal; do :; done""");
        start.ArgumentList.Add(DesktopPrograms.Terminal);
        var process = children.Start(start, out var key);
        process.StandardInput.Close();
        log.Follow(process.StandardOutput);
        log.Follow(process.StandardError);
        return (process, key);
    }

    private static ProcessStartInfo StartOf(string program, WorkspaceFolders folders, ImmutableDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folders.Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task<string?> ReadDisplayAsync(Process server, TimeProvider time)
    {
        try
        {
            return await server.StandardOutput.ReadLineAsync().WaitAsync(StartLimit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}

/// <summary>A desktop cannot be had; the message says what is lacking and the mend.</summary>
public sealed class DesktopException(string message) : Exception(message);
