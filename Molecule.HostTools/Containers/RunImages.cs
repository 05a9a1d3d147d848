using System.Collections.Concurrent;
using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;

namespace Molecule.HostTools.Containers;

/// <summary>Which images a run's containers are made of, told by the engine as it makes them: whoever starts and removes them is not asked.</summary>
public sealed class RunImages : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, RanContainer> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _looks = [];
    private readonly DockerClient _engine;
    private readonly Task _following;

    private RunImages(string run, ContainerEngine engine, DateTimeOffset since)
    {
        _engine = engine.Connect();
        _following = FollowAsync(run, since);
    }

    /// <summary>Follows the containers of a run from now on.</summary>
    public static RunImages Follow(string run, ContainerEngine engine, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(time);
        return new RunImages(run, engine, time.GetUtcNow());
    }

    /// <summary>A container of the run; null for one that the engine has not made for it.</summary>
    public RanContainer? Find(string container) => _seen.GetValueOrDefault(container);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        await Task.WhenAll(_looks).ConfigureAwait(false);
        _engine.Dispose();
        _ending.Dispose();
    }

    private async Task FollowAsync(string run, DateTimeOffset since)
    {
        var wanted = new ContainerEventsParameters
        {
            Since = since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["type"] = new Dictionary<string, bool> { ["container"] = true },
                ["event"] = new Dictionary<string, bool> { ["create"] = true },
                ["label"] = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={run}"] = true },
            },
        };
        try
        {
            await _engine.System.MonitorEventsAsync(wanted, new Told(message => _looks.Add(LookAsync(message.Actor.ID))), _ending.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (ContainerEngine.IsSilence(e))
        {
            // It ends with the run; where the engine has gone before, what it makes is unknown, hence doubted.
        }
    }

    private async Task LookAsync(string container)
    {
        try
        {
            var made = await _engine.Containers.InspectContainerAsync(container, _ending.Token).ConfigureAwait(false);
            _seen[container] = new RanContainer(made.Image, made.Config?.Labels?.TryGetValue(RunEnvironment.ContainerWorkspaceLabel, out var workspace) is true ? workspace : null);
        }
        catch (Exception e) when (ContainerEngine.IsSilence(e))
        {
            // It is gone already and has done nothing.
        }
    }

    private sealed class Told(Action<Message> tell) : IProgress<Message>
    {
        public void Report(Message value) => tell(value);
    }
}
