using System.Collections.Immutable;
using System.Net.Sockets;
using Molecule.Contracts.Desktop;
using Molecule.Node.Workspaces;
using Molecule.Processes;

namespace Molecule.Node.Desktops;

/// <summary>
/// A workspace's desktop: Xvnc, which is display and VNC server in one, and a terminal on it. Both carry the workspace's marks, so whatever ends the
/// workspace ends them; whichever of them ends by itself is started again, on the same display and socket. Nobody reaches it by a port: the display
/// listens on an abstract socket and asks for a cookie, RFB on a socket of its owner's.
/// </summary>
public sealed class Desktop : IAsyncDisposable
{
    /// <summary>Its size in pixels.</summary>
    public const int Width = 1024;

    /// <inheritdoc cref="Width"/>
    public const int Height = 768;

    private readonly DesktopLaunch _launch;
    private readonly RestartPace _pace;
    private readonly WorkspaceLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _workspace;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _kept;
    private volatile DesktopProgram? _server;
    private DesktopProgram? _terminal;
    private volatile string? _given;

    private Desktop(string workspace, DesktopLaunch launch, WorkspaceLog log, Screen screen, DesktopProgram server, DesktopProgram terminal, TimeProvider time, ILogger logger)
    {
        (_workspace, _launch, _log, Screen, _server, _terminal, _time, _logger) = (workspace, launch, log, screen, server, terminal, time, logger);
        _pace = new RestartPace(time);
        _kept = Task.Run(() => KeepAsync(_over.Token));
    }

    /// <summary>How the workspace's programs reach it.</summary>
    public Screen Screen { get; }

    /// <summary>Why it cannot be connected to; null while it runs.</summary>
    public string? Lack => _given ?? (_server is { Ended.IsCompleted: false } ? null : "the desktop has ended and is being started again");

    /// <summary>Starts one and waits until programs can draw on it.</summary>
    /// <param name="workspace">Whose it is.</param>
    /// <param name="folders">The workspace's folders.</param>
    /// <param name="socket">Where RFB is to be spoken; short enough for a socket.</param>
    /// <param name="environment">The workspace's environment with its marks.</param>
    /// <param name="children">Starts its programs.</param>
    /// <param name="time">Bounds the start, and paces further ones.</param>
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
        var log = new WorkspaceLog(workspace, Path.Combine(folders.Logs, "desktop.log"), logger);
        DesktopProgram? server = null;
        try
        {
            var launch = new DesktopLaunch(folders, socket, environment, log, children, time);
            (server, var screen) = await launch.StartServerAsync(CancellationToken.None).ConfigureAwait(false);
            return new Desktop(workspace, launch, log, screen, server, launch.OpenTerminal(screen), time, logger);
        }
        catch
        {
            if (server is not null)
            {
                await server.EndAsync().ConfigureAwait(false);
            }

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
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_launch.Socket), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Lets it end: what ends from now on is not started again.</summary>
    public void LetGo() => _over.Cancel();

    /// <summary>Ends what still runs of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _kept.ConfigureAwait(false);
        await EndAsync(_terminal).ConfigureAwait(false);
        await EndAsync(_server).ConfigureAwait(false);
        await _log.CloseAsync().ConfigureAwait(false);
        File.Delete(_launch.Socket);
        _over.Dispose();
    }

    private async Task KeepAsync(CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.WhenAny(_server?.Ended ?? Task.CompletedTask, _terminal?.Ended ?? Task.CompletedTask).WaitAsync(over).ConfigureAwait(false);
                if (_pace.Ended() is not { } pause)
                {
                    break;
                }

                _logger.LogWarning("The desktop of {Workspace} or the terminal on it has ended by itself; it is started again in {Pause} s.", _workspace, pause.TotalSeconds);
                await Task.Delay(pause, _time, over).ConfigureAwait(false);
                await RenewAsync(over).ConfigureAwait(false);
            }

            _given = $"the desktop has ended {RestartPace.Limit + 1} times in a row and is not started again: see desktop.log among the workspace's logs, and restart the workspace";
            _logger.LogError("The desktop of {Workspace} is given up: {Lack}", _workspace, _given);
            await EndAsync(_terminal).ConfigureAwait(false);
            await EndAsync(_server).ConfigureAwait(false);
            (_terminal, _server) = (null, null);
        }
        catch (OperationCanceledException)
        {
            // Its workspace has ended.
        }
    }

    // A terminal goes with its display; a display stays where its terminal alone has ended.
    private async Task RenewAsync(CancellationToken over)
    {
        try
        {
            await EndAsync(_terminal).ConfigureAwait(false);
            _terminal = null;
            if (_server is null or { Ended.IsCompleted: true })
            {
                await EndAsync(_server).ConfigureAwait(false);
                _server = null;
                (_server, _) = await _launch.StartServerAsync(over).ConfigureAwait(false);
            }

            _terminal = _launch.OpenTerminal(Screen);
            _pace.Begun();
        }
        catch (Exception e) when (e is DesktopException or IOException or UnauthorizedAccessException)
        {
            // What is missing counts as ended: it is tried again, as long as the pace lets it.
            _logger.LogWarning("The desktop of {Workspace} could not be started again: {Problem}", _workspace, e.Message);
        }
    }

    private static Task EndAsync(DesktopProgram? program) => program?.EndAsync() ?? Task.CompletedTask;
}

/// <summary>A desktop cannot be had; the message says what is lacking and the mend.</summary>
public sealed class DesktopException(string message) : Exception(message);
