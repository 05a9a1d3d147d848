using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Molecule.Processes;

namespace Molecule.Workspace.Agents;

/// <summary>A running agent program that speaks one JSON object a line over stdin and stdout.</summary>
public sealed class LineProcess : IAsyncDisposable
{
    private const int KeptErrorCharacters = 2000;
    private static readonly TimeSpan GraceAfterEndOfInput = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan GraceForLastLines = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceAtDisposal = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan GraceAfterClosedInput = TimeSpan.FromSeconds(2);
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;
    private readonly Task _readingErrors;
    private readonly Task _ending;
    private readonly ILogger _logger;
    private (bool HasEnded, int? ExitCode)? _released;

    private LineProcess(Process process, ILogger logger)
    {
        _process = process;
        _logger = logger;
        _reading = ReadAsync();
        _readingErrors = ReadErrorsAsync();
        _ending = EndAsync();
    }

    /// <summary>The lines of stdout; ends when the program has, with all that it has said of it in <see cref="Ending"/>.</summary>
    public ChannelReader<string> Lines => _lines.Reader;

    public int ProcessId => _process.Id;

    public bool HasEnded => _released?.HasEnded ?? _process.HasExited;

    /// <summary>How the program ended, for an error text: exit code and the end of stderr.</summary>
    public string Ending
    {
        get
        {
            string errors;
            lock (_errors)
            {
                errors = _errors.ToString().Trim();
            }

            var code = ExitCode is { } exit ? $"exit code {exit}" : "still running";
            return errors.Length is 0 ? code : $"{code}: {errors}";
        }
    }

    /// <summary>The exit code once it has ended.</summary>
    public int? ExitCode => _released is { } released ? released.ExitCode : _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts the program.</summary>
    /// <exception cref="AgentSetupException">It cannot be started.</exception>
    public static LineProcess Start(AgentProgram program, OwnChildren children, ILogger logger)
    {
        var info = new ProcessStartInfo(program.Path, program.Arguments)
        {
            WorkingDirectory = program.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            UseShellExecute = false,
        };
        info.Environment.Clear();
        foreach (var (name, value) in program.Environment)
        {
            info.Environment[name] = value;
        }

        try
        {
            return new LineProcess(children.Start(info), logger);
        }
        catch (Win32Exception e)
        {
            throw new AgentSetupException($"The agent program '{program.Path}' cannot be started: {e.Message}. Install the runtimes again.", e);
        }
    }

    /// <summary>Writes one line to the program.</summary>
    /// <exception cref="IOException">The program has gone.</exception>
    public async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _process.StandardInput.WriteAsync(string.Concat(line, "\n").AsMemory(), cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Nobody reads any more because the program ends: whoever tells of it is to know how.
            await _ending.WaitAsync(GraceAfterClosedInput, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                _lines.Writer.TryWrite(line);
            }
        }
        catch (IOException e)
        {
            _logger.LogWarning("Reading the agent's output failed: {Message}", e.Message);
        }
    }

    private async Task EndAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        // A descendant that outlives the program may hold its stdout or stderr open.
        await Task.WhenAll(_reading, _readingErrors).WaitAsync(GraceForLastLines).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _lines.Writer.TryComplete();
    }

    private async Task ReadErrorsAsync()
    {
        try
        {
            while (await _process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                _logger.LogInformation("agent stderr: {Line}", line);
                lock (_errors)
                {
                    _errors.AppendLine(line);
                    if (_errors.Length > KeptErrorCharacters)
                    {
                        _errors.Remove(0, _errors.Length - KeptErrorCharacters);
                    }
                }
            }
        }
        catch (IOException e)
        {
            _logger.LogWarning("Reading the agent's errors failed: {Message}", e.Message);
        }
    }

    /// <summary>Ends the program: end of input, a moment's grace, then KILL of it and all that descends from it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        using (var grace = new CancellationTokenSource(GraceAfterEndOfInput))
        {
            try
            {
                await _process.WaitForExitAsync(grace.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await ProcessTree.KillAsync(
                    rows => [.. rows.Where(r => r.Key.Id == _process.Id), .. ProcessTable.Descendants(rows, _process.Id)],
                    CancellationToken.None).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(_ending, _readingErrors).WaitAsync(GraceAtDisposal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Whoever still reads may ask how it ended.
        _released = (HasEnded, ExitCode);
        _process.Dispose();
        _writing.Dispose();
    }
}
