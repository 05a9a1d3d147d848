using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Database;
using Npgsql;

namespace Molecule.ControlPlane.Events;

/// <summary>Listens to the events of all control planes on the database and hands them to this one's clients.</summary>
/// <remarks>When the connection is lost, events are missed: the clients are let go, so that they come again and ask anew.</remarks>
public sealed partial class EventFeed(MoleculeDatabase database, DatabaseMigration migration, WorkspacePulse pulse, TimeProvider time, ILogger<EventFeed> logger) : BackgroundService
{
    /// <summary>Events that a client may lag behind before it is let go (spec/control-plane.md 7).</summary>
    public const int Buffer = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<Channel<PlatformEvent>, bool> _clients = new();

    /// <summary>Ends once the feed listens for the first time.</summary>
    public Task Listening => _listening.Task;

    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Joins the feed. The reader ends when the client lags too far behind, or events were missed.</summary>
    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<PlatformEvent>(new BoundedChannelOptions(Buffer) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _clients[channel] = true;
        return new Subscription(this, channel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await migration.Done.WaitAsync(stoppingToken);
            while (true)
            {
                try
                {
                    await ListenAsync(stoppingToken);
                }
                catch (Exception e) when (e is NpgsqlException or IOException)
                {
                    LogLost(logger, e.Message);
                    Release();
                    await Task.Delay(Pause, time, stoppingToken);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException || migration.Done.IsFaulted)
        {
            Release();
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var assembler = new EventNotices.Assembler();
        connection.Notification += (_, notice) => Take(assembler, notice.Payload);
        await using (var command = new NpgsqlCommand($"LISTEN {EventNotices.Channel}", connection))
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }

        _listening.TrySetResult();
        while (true)
        {
            await connection.WaitAsync(cancellation);
        }
    }

    private void Take(EventNotices.Assembler assembler, string notice)
    {
        PlatformEvent? happened;
        try
        {
            happened = assembler.Take(notice);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            LogForeign(logger, e.Message);
            return;
        }

        if (happened is null)
        {
            return;
        }

        pulse.Beat(happened.WorkspaceId);
        foreach (var (client, _) in _clients)
        {
            if (!client.Writer.TryWrite(happened))
            {
                client.Writer.TryComplete();
                _clients.TryRemove(client, out _);
            }
        }
    }

    private void Release()
    {
        foreach (var (client, _) in _clients)
        {
            client.Writer.TryComplete();
            _clients.TryRemove(client, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection that events come by was lost: {Problem}")]
    private static partial void LogLost(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A notice was not understood: {Problem}")]
    private static partial void LogForeign(ILogger logger, string problem);

    /// <summary>One client's place in the feed.</summary>
    public sealed class Subscription(EventFeed feed, Channel<PlatformEvent> channel) : IDisposable
    {
        /// <summary>The events, in order.</summary>
        public ChannelReader<PlatformEvent> Events => channel.Reader;

        public void Dispose() => feed._clients.TryRemove(channel, out _);
    }
}
