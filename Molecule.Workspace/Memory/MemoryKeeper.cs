using System.Threading.Channels;

namespace Molecule.Workspace.Memory;

/// <summary>Keeps memories one after the other, so that no turn waits for the platform. Of more than 100 that wait the oldest are dropped.</summary>
public sealed class MemoryKeeper(MemoryClient memories) : BackgroundService
{
    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(100) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Keep(string content) => _waiting.Writer.TryWrite(content);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var content in _waiting.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
        {
            await memories.KeepAsync(content, stoppingToken).ConfigureAwait(false);
        }
    }
}
