using System.Text.Json.Nodes;

namespace Molecule.Workspace.A2A;

/// <summary>The streamed turns' tasks: those that run, and those that ended within the last hour, at most 256 of them.</summary>
public sealed class TaskStore(TimeProvider time)
{
    /// <summary>How many ended tasks are kept. Running ones are bounded by <see cref="TurnQueue.Capacity"/>.</summary>
    public const int Kept = 256;

    /// <summary>How long an ended task is kept.</summary>
    public static TimeSpan KeptFor { get; } = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _ended = new();

    /// <summary>Begins a task.</summary>
    /// <param name="contextId">The caller's context; null for one of our own.</param>
    /// <param name="message">What the caller said.</param>
    /// <param name="cancel">Asks the turn to end.</param>
    public AgentTask Begin(string? contextId, JsonObject message, Func<Task> cancel)
    {
        var task = new AgentTask(
            Guid.NewGuid().ToString(), contextId ?? Guid.NewGuid().ToString(), (JsonObject)message.DeepClone(), TaskPhase.Submitted, time.GetUtcNow());
        lock (_lock)
        {
            _entries[task.Id] = new Entry(task, cancel);
        }

        return task;
    }

    /// <summary>Takes a task back that never was to run.</summary>
    public void Withdraw(string id)
    {
        lock (_lock)
        {
            _entries.Remove(id);
        }
    }

    /// <summary>Brings a task into another state.</summary>
    public AgentTask Change(string id, TaskPhase phase, string? text = null, JsonObject? usage = null)
    {
        lock (_lock)
        {
            var entry = _entries[id];
            entry.Task = entry.Task with { Phase = phase, Since = time.GetUtcNow(), Text = text, Usage = usage };
            if (entry.Task.HasEnded)
            {
                _ended.Enqueue(id);
                DropOld();
                entry.Ended.TrySetResult(entry.Task);
            }

            return entry.Task;
        }
    }

    /// <summary>The task; null where it is unknown, or ended too long ago.</summary>
    public AgentTask? Find(string id)
    {
        lock (_lock)
        {
            DropOld();
            return _entries.GetValueOrDefault(id)?.Task;
        }
    }

    /// <summary>Asks a task to end and waits until it has.</summary>
    /// <returns>The task as it ended, which may be completed after all; null where it is unknown.</returns>
    public async Task<AgentTask?> CancelAsync(string id, CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_lock)
        {
            entry = _entries.GetValueOrDefault(id);
        }

        if (entry is null)
        {
            return null;
        }

        await entry.Cancel().ConfigureAwait(false);
        return await entry.Ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private void DropOld()
    {
        while (_ended.TryPeek(out var oldest) && (_ended.Count > Kept || time.GetUtcNow() - _entries[oldest].Task.Since > KeptFor))
        {
            _entries.Remove(_ended.Dequeue());
        }
    }

    private sealed class Entry(AgentTask task, Func<Task> cancel)
    {
        public AgentTask Task { get; set; } = task;

        public Func<Task> Cancel { get; } = cancel;

        public TaskCompletionSource<AgentTask> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
