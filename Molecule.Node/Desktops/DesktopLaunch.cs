using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Molecule.Contracts.Desktop;
using Molecule.Node.Workspaces;
using Molecule.Processes;

namespace Molecule.Node.Desktops;

/// <summary>Starts the two programs of one workspace's desktop, the first time and again.</summary>
internal sealed class DesktopLaunch
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    // How many numbers are tried: a second desktop of this machine that was given the same one by chance, or any other X server, has taken the first.
    private const int Attempts = 5;

    private readonly string _server;
    private readonly WorkspaceFolders _folders;
    private readonly ImmutableDictionary<string, string> _environment;
    private readonly WorkspaceLog _log;
    private readonly OwnChildren _children;
    private readonly TimeProvider _time;
    private readonly string _authority;
    private int? _display;

    /// <exception cref="DesktopException">A program is missing.</exception>
    public DesktopLaunch(
        WorkspaceFolders folders, string socket, ImmutableDictionary<string, string> environment, WorkspaceLog log, OwnChildren children, TimeProvider time)
    {
        var path = environment.GetValueOrDefault("PATH");
        if (DesktopPrograms.Missing(DesktopPrograms.OfAWorkspace, path, File.Exists) is { IsEmpty: false } missing)
        {
            throw new DesktopException($"A desktop needs {string.Join(" and ", missing)}, not on the node's PATH: './molecule setup' installs it.");
        }

        _server = DesktopPrograms.Find(DesktopPrograms.Server, path, File.Exists)!;
        (_folders, Socket, _environment, _log, _children, _time) = (folders, socket, environment, log, children, time);
        _authority = Path.Combine(folders.Temporary, "Xauthority");
    }

    /// <summary>Where RFB is spoken.</summary>
    public string Socket { get; }

    /// <summary>Starts display and VNC server, on the display that it had before if it had one, and waits until programs can draw on it.</summary>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="DesktopException">It does not come up.</exception>
    public async Task<(DesktopProgram Server, Screen Screen)> StartServerAsync(CancellationToken cancellation)
    {
        foreach (var number in _display is { } before ? [before] : DisplayNumbers.Of(Socket).Take(Attempts))
        {
            if (await StartServerAsync(number, cancellation).ConfigureAwait(false) is { } server)
            {
                _display = number;
                return (server, new Screen($":{number.ToString(CultureInfo.InvariantCulture)}", _authority));
            }
        }

        throw NotThere("ended before it had a display");
    }

    // Null where the server has ended at once, as it does where another one has its number.
    private async Task<DesktopProgram?> StartServerAsync(int display, CancellationToken cancellation)
    {
        DisplayAuthority.Write(_authority);

        // One that was killed leaves its own behind.
        File.Delete(Socket);
        var start = StartOf(_server, _environment);
        foreach (var argument in (string[])
            [
                $":{display.ToString(CultureInfo.InvariantCulture)}", "-displayfd", "1",
                "-auth", _authority,

                // Without 'unix' there is an abstract socket alone, and no file in /tmp that a kill would leave.
                "-nolisten", "tcp", "-nolisten", "unix",
                "-rfbport", "-1", "-rfbunixpath", Socket, "-rfbunixmode", "0600",

                // Who may connect is judged by the control plane, whose node alone reaches the socket.
                "-SecurityTypes", "None", "-AlwaysShared",
                "-geometry", $"{Desktop.Width}x{Desktop.Height}", "-depth", "24",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        var server = Start(start);
        _log.Follow(server.Process.StandardError);
        try
        {
            // What it says when programs can draw on it.
            if (await server.Process.StandardOutput.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(StartLimit, _time, cancellation).ConfigureAwait(false) is { Length: > 0 })
            {
                _log.Follow(server.Process.StandardOutput);
                return server;
            }

            await server.EndAsync().ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            await server.EndAsync().ConfigureAwait(false);
            throw NotThere($"did not say its display within {StartLimit.TotalSeconds:0} s");
        }
        catch
        {
            await server.EndAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a terminal. Whoever ends the shell in it gets another one; one that cannot open a window ends.</summary>
    /// <exception cref="DesktopException">It cannot be started.</exception>
    public DesktopProgram OpenTerminal(Screen screen)
    {
        var start = StartOf("/bin/sh", _environment.SetItem("DISPLAY", screen.Display).SetItem("XAUTHORITY", screen.AuthorityFile));
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""while "$0" -geometry 168x57+0+0 -title terminal; do :; done""");
        start.ArgumentList.Add(DesktopPrograms.Terminal);
        var terminal = Start(start);
        _log.Follow(terminal.Process.StandardOutput);
        _log.Follow(terminal.Process.StandardError);
        return terminal;
    }

    private DesktopProgram Start(ProcessStartInfo start)
    {
        try
        {
            var process = _children.Start(start, out var key);
            process.StandardInput.Close();
            return new DesktopProgram(process, key);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new DesktopException($"{start.FileName} cannot be started: {e.Message}");
        }
    }

    private ProcessStartInfo StartOf(string program, ImmutableDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = _folders.Work,
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

    private DesktopException NotThere(string problem) => new($"{DesktopPrograms.Server} {problem}; '{Path.Combine(_folders.Logs, "desktop.log")}' says why.");
}
