using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The logs of the resources: what their processes print and what the application says about them.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;

    /// <summary>Makes a service without a line.</summary>
    public ResourceLoggerService()
        : this(TimeProvider.System)
    {
    }

    internal ResourceLoggerService(TimeProvider time) => _time = time;

    /// <summary>Writes to a resource's log.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return LogOf(resource);
    }

    /// <summary>Writes to the log of a resource, by name or id.</summary>
    public ILogger GetLogger(string resourceName) => LogOf(resourceName);

    /// <summary>The lines so far and those to come, until the log is complete.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return LogOf(resource).WatchAsync();
    }

    /// <summary>The lines so far and those to come, until the log is complete; by name or id.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => LogOf(resourceName).WatchAsync();

    /// <summary>The lines so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return LogOf(resource).AllAsync();
    }

    /// <summary>The lines so far; by name or id.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName) => LogOf(resourceName).AllAsync();

    /// <summary>Says that no line will follow.</summary>
    public void Complete(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        LogOf(resource).Complete();
    }

    /// <summary>Says that no line will follow; by name or id.</summary>
    public void Complete(string name) => LogOf(name).Complete();

    /// <summary>Completes every log.</summary>
    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Complete();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Lets the id of a started resource stand for its name.</summary>
    internal void Alias(string resourceId, string name) => _logs[resourceId] = LogOf(name);

    internal IReadOnlyList<LogLine> Last(IResource resource, int count) => LogOf(resource).Last(count);

    internal void WriteLine(IResource resource, string line, bool isError) => LogOf(resource).Write(line, isError);

    private ResourceLog LogOf(IResource resource) => LogOf(resource.Name);

    private ResourceLog LogOf(string name) => _logs.GetOrAdd(name, _ => new ResourceLog(_time));

    private sealed class ResourceLog(TimeProvider time) : ILogger
    {
        private const int Kept = 10_000;

        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _count;
        private bool _complete;

        public void Write(string text, bool isError)
        {
            lock (_lock)
            {
                if (_complete)
                {
                    return;
                }

                var stamp = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
                var line = new LogLine(++_count, $"{stamp} {text}", isError);
                if (_lines.Count == Kept)
                {
                    _lines.Dequeue();
                }

                _lines.Enqueue(line);
                _watchers.ForEach(w => w.Writer.TryWrite(line));
            }
        }

        public IReadOnlyList<LogLine> Last(int count)
        {
            lock (_lock)
            {
                return [.. _lines.TakeLast(count)];
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                _complete = true;
                _watchers.ForEach(static w => w.Writer.TryComplete());
                _watchers.Clear();
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> AllAsync()
        {
            await Task.CompletedTask.ConfigureAwait(false);
            if (Last(Kept) is { Count: > 0 } lines)
            {
                yield return lines;
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var channel = Channel.CreateUnbounded<LogLine>(new UnboundedChannelOptions { SingleReader = true });
            lock (_lock)
            {
                foreach (var line in _lines)
                {
                    channel.Writer.TryWrite(line);
                }

                if (_complete)
                {
                    channel.Writer.TryComplete();
                }
                else
                {
                    _watchers.Add(channel);
                }
            }

            try
            {
                while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var batch = new List<LogLine>();
                    while (channel.Reader.TryRead(out var line))
                    {
                        batch.Add(line);
                    }

                    yield return batch;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _watchers.Remove(channel);
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Write(exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}", logLevel >= LogLevel.Error);
    }
}
