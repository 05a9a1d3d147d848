namespace Molecule.Node.Workspaces;

/// <summary>Writes what a workspace says to its log file and to the node's logger.</summary>
public sealed class WorkspaceLog : IDisposable
{
    private static readonly TimeSpan GraceForLastLines = TimeSpan.FromMilliseconds(300);

    private readonly string _workspaceId;
    private readonly ILogger _logger;
    private readonly StreamWriter _file;
    private readonly Lock _lock = new();
    private readonly List<Task> _following = [];
    private bool _closed;

    public WorkspaceLog(string workspaceId, string path, ILogger logger)
    {
        _workspaceId = workspaceId;
        _logger = logger;
        _file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    public void Follow(StreamReader output) => _following.Add(FollowAsync(output));

    /// <summary>Takes the last lines and closes the file. Something that holds the pipe open does not hold this up.</summary>
    public async Task CloseAsync()
    {
        await Task.WhenAll(_following).WaitAsync(GraceForLastLines).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
    }

    private async Task FollowAsync(StreamReader output)
    {
        try
        {
            while (await output.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                _logger.LogInformation("{Workspace} | {Line}", _workspaceId, line);
                lock (_lock)
                {
                    if (!_closed)
                    {
                        _file.WriteLine(line);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _logger.LogWarning("The output of workspace {Workspace} broke off: {Message}", _workspaceId, e.Message);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _file.Dispose();
        }
    }
}
