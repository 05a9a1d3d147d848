using System.Collections.Concurrent;
using Microsoft.Playwright;
using Molecule.Harness;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>A page with noVNC in it, as a person uses it: connects, looks, types.</summary>
internal sealed class DesktopPage(IPage page, ConcurrentQueue<string> complaints)
{
    /// <summary>Connects and waits until noVNC has greeted the desktop or given up.</summary>
    /// <param name="authority">The control plane's, or that of a line to it.</param>
    /// <param name="sessionUrl">With its token.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null, or why it did not connect, in the browser's own words.</returns>
    public async Task<string?> ConnectAsync(string authority, string sessionUrl, CancellationToken cancellationToken)
    {
        complaints.Clear();
        await page.EvaluateAsync("([url, token]) => openDesktop(url, token)", new[] { $"ws://{authority}{sessionUrl.Split('#')[0]}", sessionUrl.Split("#token=")[1] }).WaitAsync(cancellationToken);
        return await StateAsync("connected", "disconnected", cancellationToken) == "connected" ? null : Said;
    }

    /// <summary>Waits until the desktop's picture is there.</summary>
    /// <returns>How many colours the page shows; 1 or less where none came.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        var colours = 0;
        try
        {
            await Awaiting.UntilAsync(
                "a picture of the desktop",
                async token => (colours = await page.EvaluateAsync<int>("() => colours()").WaitAsync(token)) > 1 ? "" : null,
                () => $"{colours} colour(s)",
                Deadlines.Call,
                TimeProvider.System,
                cancellationToken);
        }
        catch (TimeoutException)
        {
            // Then what there was is the finding.
        }

        return colours;
    }

    /// <summary>Types a line on the browser's keyboard, and Enter.</summary>
    public async Task TypeAsync(string line, CancellationToken cancellationToken)
    {
        await page.Keyboard.TypeAsync(line).WaitAsync(cancellationToken);
        await page.Keyboard.PressAsync("Enter").WaitAsync(cancellationToken);
    }

    /// <summary>Waits until noVNC has lost the connection.</summary>
    /// <returns>The WebSocket's code and reason; 1006 where nobody said farewell (RFC 6455 7.4.1).</returns>
    public async Task<string> LostAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        await StateAsync("disconnected", "disconnected", cancellationToken, deadline);
        return await page.EvaluateAsync<string>("() => view.close").WaitAsync(cancellationToken);
    }

    /// <summary>What the page wrote to its console.</summary>
    public string Said => complaints.IsEmpty ? "noVNC gave no reason" : string.Join("; ", complaints);

    private async Task<string> StateAsync(string one, string other, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        var state = "";
        return await Awaiting.UntilAsync(
            $"noVNC to be {one}",
            async token => (state = await page.EvaluateAsync<string>("() => view.state").WaitAsync(token)) is var now && (now == one || now == other) ? now : null,
            () => $"{state} {Said}",
            deadline ?? Deadlines.Call,
            TimeProvider.System,
            cancellationToken);
    }
}
