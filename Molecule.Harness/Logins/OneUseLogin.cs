using System.Collections.Immutable;
using Molecule.Harness.Keys;
using Molecule.Harness.Lanes;
using Molecule.Harness.Live;
using Molecule.Harness.Runs;

namespace Molecule.Harness.Logins;

/// <summary>
/// The ChatGPT login of a live run. Its refresh token is good for one use: whoever refreshes it, this run or codex in the workspace, what comes of it goes back to
/// where it came from before anything else is done with it (design.md 6).
/// </summary>
/// <param name="name">The key's name.</param>
/// <param name="keys">The run's live keys.</param>
/// <param name="safe">Where a login lies that could not be written back; null where there is no such place.</param>
/// <param name="refresh">Refreshes it.</param>
/// <param name="scan">Is told what must stand in nothing that the run leaves.</param>
/// <param name="clock">The clock.</param>
public sealed class OneUseLogin(string name, LiveKeys keys, LoginSafe? safe, LoginRefresh refresh, SecretScan scan, TimeProvider clock) : IDisposable
{
    /// <summary>The arm whose credential is such a login.</summary>
    public const string Arm = "openai-subscription";

    // A lane takes minutes: nobody else shall have to refresh it meanwhile. The control plane refreshes what runs out within five.
    private static readonly TimeSpan _margin = TimeSpan.FromMinutes(30);

    private readonly SemaphoreSlim _one = new(1);
    private LoginReturn? _return;
    private ChatGptLogin? _atSource;
    private ChatGptLogin? _latest;
    private Func<CancellationToken, Task<ImmutableArray<string>>>? _look;

    /// <summary>Whether codex has refreshed it in the workspace.</summary>
    public bool IsRefreshedElsewhere { get; private set; }

    /// <summary>The login for a workspace: what an earlier run could not write back is written back first, and one that runs out soon is refreshed.</summary>
    /// <exception cref="LiveUncheckedException">There is none that could be used without being lost.</exception>
    /// <exception cref="LaneException">It was refreshed and could not be written back, or its source cannot be read.</exception>
    public async Task<ChatGptLogin> TakeAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await TakeAloneAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KeySourceException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new LaneException($"{name}: {e.Message}", e);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Says where the login of the workspace that works with it is seen from now on; null: none does any more.</summary>
    public void Watch(Func<CancellationToken, Task<ImmutableArray<string>>>? look) => _look = look;

    /// <summary>Looks whether the login was refreshed in the workspace, and writes back what is not back yet.</summary>
    /// <returns>Null where all is where it belongs; else a sentence.</returns>
    public async Task<string?> TakeBackAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_latest is null || _atSource is null || _return is null)
            {
                return null;
            }

            string? unseen = null;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Deadlines.Call);
            try
            {
                foreach (var text in _look is null ? [] : await _look(deadline.Token).ConfigureAwait(false))
                {
                    if (ChatGptLogin.TryRead(text, out var seen) && seen.IsLaterThan(_latest))
                    {
                        _latest = seen;
                        IsRefreshedElsewhere = true;
                    }
                }
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException or UnauthorizedAccessException or OperationCanceledException)
            {
                unseen = $"{name}: the workspace could not be asked for its login ({e.Message}): where codex has refreshed it there, log in to ChatGPT anew.";
            }

            return (_latest.IsSameAs(_atSource) ? null : await ReturnAsync(_latest).ConfigureAwait(false)) ?? unseen;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ChatGptLogin> TakeAloneAsync(CancellationToken cancellationToken)
    {
        var store = keys.OriginOf(name) as IKeyStore
            ?? throw Refused($"it comes from {keys.OriginOf(name)?.Name ?? "nowhere"}: its refresh token is good for one use, and there its successor cannot be written to. Keep it in user-secrets or Infisical");
        var place = safe ?? throw Refused("this user has no home, so a successor that cannot be written back would be lost: set HOME or XDG_STATE_HOME");
        await using var alone = await place.HoldAsync(name, clock, cancellationToken).ConfigureAwait(false);

        // Read again, since another run may have refreshed it meanwhile. A reference to another secret is no login, and its target is not ours to find.
        if (!ChatGptLogin.TryRead(await store.FindWrittenAsync(name, cancellationToken).ConfigureAwait(false), out var written))
        {
            throw Refused($"what {store.Name} holds under that name is no auth.json of a ChatGPT login");
        }

        _return = new LoginReturn(name, store, place);
        (_atSource, _latest) = (written, written);
        Tell(written);
        if (await place.FindAsync(name, written, cancellationToken).ConfigureAwait(false) is { } kept)
        {
            if (kept.IsLaterThan(written))
            {
                await PutAsync(kept).ConfigureAwait(false);
            }
            else
            {
                // Somebody has stored it, or logged in anew.
                place.Drop(name, written);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_latest.Expires <= clock.GetUtcNow() + _margin)
        {
            await PutAsync(await refresh.RefreshAsync(name, _latest).ConfigureAwait(false)).ConfigureAwait(false);
        }

        return _latest;
    }

    private async Task PutAsync(ChatGptLogin login)
    {
        _latest = login;
        if (await ReturnAsync(login).ConfigureAwait(false) is { } problem)
        {
            throw new LaneException(problem);
        }
    }

    private async Task<string?> ReturnAsync(ChatGptLogin login)
    {
        Tell(login);
        using var deadline = new CancellationTokenSource(Deadlines.Call, clock);
        var problem = await _return!.ReturnAsync(_atSource!, login, deadline.Token).ConfigureAwait(false);
        _atSource = problem is null ? login : _atSource;
        return problem;
    }

    private void Tell(ChatGptLogin login)
    {
        scan.Add($"{name} access token", login.Access);
        scan.Add($"{name} refresh token", login.Refresh);
    }

    private LiveUncheckedException Refused(string why) => new($"credential-refused: {name} ({why})");
}
