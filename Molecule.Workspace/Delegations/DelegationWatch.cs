using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Platform;

namespace Molecule.Workspace.Delegations;

/// <summary>
/// Brings the results of this workspace's delegations back to its agent as one message to itself, at most one a minute and
/// none while a turn runs; of those that failed the user is told as well (spec/runtimes-and-providers.md 1.8).
/// </summary>
public sealed class DelegationWatch(
    PlatformConnection platform, WorkspaceSettings settings, Func<bool> hasAgent, TurnQueue turns, TimeProvider time, ILogger<DelegationWatch> logger) : BackgroundService
{
    private static readonly TimeSpan CoolDown = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestTurn = TimeSpan.FromHours(1);

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<DelegationResult> _waiting = [];
    private long? _told;
    private bool _looked;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
        {
            await Task.Delay(settings.HeartbeatInterval, time, stoppingToken).ConfigureAwait(false);
        }
        while (await LookAsync(stoppingToken).ConfigureAwait(false));
    }

    /// <summary>Looks once for results and tells the agent of them.</summary>
    /// <returns>False where the platform has no delegations to look for.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await platform.SendAsync(HttpMethod.Get, platform.Own("delegations"), null, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            {
                logger.LogInformation("The platform has no delegations; they are looked for no more.");
                return false;
            }

            if (answer.IsSuccessStatusCode)
            {
                await TakeAsync(await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                await TellAgentAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or JsonException)
        {
            logger.LogWarning("The delegations' results cannot be read: {Message}", e.Message);
        }

        return true;
    }

    private async Task TakeAsync(string list, CancellationToken cancellationToken)
    {
        foreach (var result in DelegationResult.Read(list, settings.Id).Where(r => _known.Add(r.Id)))
        {
            // An earlier incarnation was told of what had ended before this one's start.
            if (!_looked && result.CreatedAt < _started)
            {
                continue;
            }

            _waiting.Add(result);
            if (result.Failed)
            {
                using var _ = await platform.SendAsync(HttpMethod.Post, platform.Own("notify"), new JsonObject { ["message"] = result.Sentence }, cancellationToken).ConfigureAwait(false);
            }
        }

        _looked = true;
    }

    private async Task TellAgentAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count is 0 || turns.Active > 0 || !hasAgent() || (_told is { } told && time.GetElapsedTime(told) < CoolDown))
        {
            return;
        }

        var text = string.Join('\n', _waiting.Select(static r => r.Sentence).Prepend("Results of your delegations:"));
        var message = new JsonObject
        {
            ["role"] = "user",
            ["kind"] = "message",
            ["messageId"] = $"delegation-{Guid.NewGuid()}",
            ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }),
            ["metadata"] = new JsonObject { ["source"] = "self" },
        };
        var body = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "delegations", ["method"] = "message/send", ["params"] = new JsonObject { ["message"] = message } };
        using var answer = await platform.SendAsync(HttpMethod.Post, platform.Own("a2a"), body, cancellationToken, LongestTurn).ConfigureAwait(false);

        // Not by the wall clock: one that is set back would silence it for as long.
        _told = time.GetTimestamp();
        if (answer.IsSuccessStatusCode)
        {
            _waiting.Clear();
        }
    }
}
