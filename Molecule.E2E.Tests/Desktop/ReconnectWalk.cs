using Molecule.Harness;
using Molecule.Harness.Clients;
using Molecule.Harness.Desktop;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>One person at a real desktop in a real browser, whose network is cut and who comes back; another who would take the desktop meanwhile.</summary>
/// <param name="desktop">The desktop's routes.</param>
/// <param name="browser">The browser.</param>
/// <param name="folders">The folder that holds a folder a workspace.</param>
internal sealed class ReconnectWalk(DesktopClient desktop, DesktopBrowser browser, string folders)
{
    /// <summary>Walks it.</summary>
    /// <param name="workspace">Whose desktop.</param>
    /// <param name="ann">The person's bearer.</param>
    /// <param name="bob">The other's.</param>
    /// <param name="seconds">How long a lease lasts.</param>
    /// <param name="word">What is typed before the drop, and is the shell's alone until after it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was seen, and the page as it stood at the end.</returns>
    public async Task<(ReconnectShown Shown, DesktopPage Page)> RunAsync(string workspace, string ann, string bob, int seconds, string word, CancellationToken cancellationToken)
    {
        await using var line = CuttableLine.To(desktop.Address);
        var session = (await desktop.AcquireAsync(workspace, ann, "user", seconds, cancellationToken)).Require("session_url");
        var page = await browser.OpenAsync(cancellationToken);
        if (await page.ConnectAsync(line.Authority, session, cancellationToken) is { } unmet)
        {
            throw new InvalidOperationException($"The desktop was not connected to at all: {unmet}");
        }

        var before = await page.LookAsync(cancellationToken);
        await page.TypeAsync($"word={word}; echo $word > before.txt", cancellationToken);
        await WrittenAsync(workspace, "before.txt", cancellationToken);

        line.Cut();
        if (await page.LostAsync(Deadlines.Call, cancellationToken) is var close and not "1006")
        {
            throw new InvalidOperationException($"The line was cut, and the browser saw a farewell: {close}");
        }

        await NoticedAsync(workspace, cancellationToken);
        var meanwhile = await desktop.AcquireAsync(workspace, bob, "user", seconds, cancellationToken);

        // From a lease that stands this renews it; by its session's own URL either way.
        await desktop.AcquireAsync(workspace, ann, "user", seconds, cancellationToken);
        var refused = await page.ConnectAsync(desktop.Address.Authority, session, cancellationToken);
        var after = 0;
        string? typed = null;
        if (refused is null)
        {
            after = await page.LookAsync(cancellationToken);
            await page.TypeAsync("echo $word-$((6*7)) > after.txt", cancellationToken);
            typed = await WrittenAsync(workspace, "after.txt", cancellationToken);
        }

        return (new ReconnectShown(before, meanwhile.Status, refused, after, typed, $"{word}-42"), page);
    }

    /// <summary>Waits until the shell on the desktop has written a file, and reads it.</summary>
    public async Task<string> WrittenAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folders, workspace, "workspace", name);
        return (await Awaiting.UntilAsync(
            $"the shell on the desktop to write {name}",
            token => Task.FromResult(File.Exists(path) && File.ReadAllText(path) is { } text && text.EndsWith('\n') ? text : null),
            () => File.Exists(path) ? "a part of it" : "no such file",
            Deadlines.Call,
            TimeProvider.System,
            cancellationToken)).Trim();
    }

    private Task<string> NoticedAsync(string workspace, CancellationToken cancellationToken) => Awaiting.UntilAsync(
        "the control plane to notice that the connection is gone",
        async token => (await desktop.EventsAsync(workspace, token)).Contains("display.connection.closed", StringComparison.Ordinal) ? "" : null,
        static () => "no event of it",
        Deadlines.Call,
        TimeProvider.System,
        cancellationToken);
}
