using System.Text.Json.Nodes;
using System.Threading.Channels;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents.Codex;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>
/// Hands a login that codex has refreshed back to the platform, as the workspace's secret (spec/control-plane.md 3.7): else the next start would be given the
/// one whose refresh token is used up, and the whole family of tokens would be burnt (spec/runtimes-and-providers.md 2.2).
/// </summary>
/// <remarks>The platform starts the workspace anew for it, so it waits until nobody is being answered.</remarks>
public sealed class CodexLoginReturn(WorkspaceSettings settings, TurnQueue queue, PlatformConnection platform, ILogger<CodexLoginReturn> logger) : BackgroundService
{
    private readonly Channel<bool> _idle = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var name = CodexRotation.Variables.FirstOrDefault(variable => settings.Environment.GetValueOrDefault(variable) is { Length: > 0 });
        if (settings.Runtime != "codex" || name is null || settings.Environment.GetValueOrDefault("HOME") is not { Length: > 0 } home)
        {
            return;
        }

        var given = settings.Environment[name];
        queue.Changed += Look;
        try
        {
            // One that a start before this one could not hand back is found by the first turn's end at the latest.
            await foreach (var _ in _idle.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
            {
                if (await KeptAsync(CodexRotation.FileIn(home), stoppingToken).ConfigureAwait(false) is { } kept && CodexRotation.IsOf(given, kept)
                    && await ReturnAsync(name, kept, stoppingToken).ConfigureAwait(false))
                {
                    given = kept;
                }
            }
        }
        finally
        {
            queue.Changed -= Look;
        }
    }

    private void Look()
    {
        if (queue.Active == 0)
        {
            _idle.Writer.TryWrite(true);
        }
    }

    private async Task<bool> ReturnAsync(string name, string login, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await platform.SendAsync(HttpMethod.Post, platform.Own("secrets"), new JsonObject { ["key"] = name, ["value"] = login }, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                logger.LogInformation("codex has refreshed its login; the platform keeps it as {Name}.", name);
                return true;
            }

            logger.LogError("codex has refreshed its login, and the platform answers {Status} to it: it is offered again after the next turn.", (int)answer.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            logger.LogError("codex has refreshed its login, and the platform cannot be told: {Message} It is offered again after the next turn.", e.Message);
        }

        return false;
    }

    // codex may be writing it.
    private static async Task<string?> KeptAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
