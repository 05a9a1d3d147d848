namespace Molecule.Cli;

/// <summary>What the test process says, line by line. A log that cannot be written does not stop the run: it is told at the end.</summary>
internal sealed class SessionLog(string path) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer = new(path) { AutoFlush = true };
    private IOException? _broken;

    public string Path { get; } = path;

    public void Add(string line)
    {
        lock (_lock)
        {
            if (_broken is not null)
            {
                return;
            }

            try
            {
                _writer.WriteLine(line);
            }
            catch (IOException e)
            {
                _broken = e;
            }
        }
    }

    /// <exception cref="IOException">The log is not whole.</exception>
    public void ThrowIfBroken()
    {
        if (_broken is not null)
        {
            throw _broken;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // What is left in the buffer cannot be written either.
            _broken ??= e;
        }
    }
}
