using System.Globalization;
using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness;
using Molecule.Harness.Desktop;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>
/// Feature <c>desktop-reconnect</c>: with resume switched off a dropped connection loses control of the desktop, which was the incident; with it on the
/// browser comes back to the same session, and a lease that runs out on the real clock is taken over (spec/runtimes-and-providers.md 5.1).
/// </summary>
[Feature("desktop-reconnect")]
public sealed class DesktopReconnectTests(MoleculeGraph graph)
{
    // Longer than a walk takes on a busy machine, and the shortest legal one: that of the real clock.
    private const int Long = 300;
    private const int Short = 30;

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("desktop-reconnect");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_dropped_connection_keeps_control_where_it_is_resumed_and_nowhere_else(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var desktop = graph.Desktop;
        var started = TimeProvider.System.GetTimestamp();
        await using var browser = await DesktopBrowser.LaunchAsync(cancellationToken);
        var walk = new ReconnectWalk(desktop, browser, graph.WorkspacesFolder);
        var ann = await desktop.NewPersonAsync("ann at the desktop", cancellationToken);
        var bob = await desktop.NewPersonAsync("bob at the desktop", cancellationToken);
        var workspaces = new List<string>();
        try
        {
            // The incident.
            var losing = await NewAsync(resume: false);
            var (lost, _) = await walk.RunAsync(losing, ann.Token, bob.Token, Long, "HAREBELL", cancellationToken);
            var problems = ReconnectJudge.Problems(lost);
            Assert.Contains(problems, static p => p.StartsWith("control was lost with the connection", StringComparison.Ordinal));
            Assert.Contains(problems, static p => p.StartsWith("the session was not come back to", StringComparison.Ordinal));

            // The cure.
            var keeping = await NewAsync(resume: true);
            var (kept, page) = await walk.RunAsync(keeping, ann.Token, bob.Token, Long, "SAXIFRAGE", cancellationToken);
            Assert.Equal([], ReconnectJudge.Problems(kept));

            var taken = await TakeOverAsync(keeping, page);
            return new CellRecord(null, null, new CellEvidence(
                $"with resume off: {string.Join("; ", problems)}. With it on: '{kept.Typed}' typed before and after a cut line, {kept.ColoursBefore} and {kept.ColoursAfter} colours seen in {browser.Version}, "
                + $"409 for the other meanwhile. {taken}",
                [], null, null, (long)TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, null));
        }
        finally
        {
            foreach (var workspace in workspaces)
            {
                await graph.ControlPlane.DeleteAsync(workspace, CancellationToken.None);
            }

            await desktop.DismissAsync(ann.Id, CancellationToken.None);
            await desktop.DismissAsync(bob.Id, CancellationToken.None);
        }

        async Task<string> NewAsync(bool resume)
        {
            var workspace = await desktop.CreateWithDesktopAsync($"desktop, resume {resume}", resume, cancellationToken);
            workspaces.Add(workspace);
            await desktop.WaitForDesktopAsync(workspace, Deadlines.WorkspaceOnline, TimeProvider.System, cancellationToken);
            return workspace;
        }

        // Ann's lease runs out under her hands; Bob takes over; Ann looks on, and what she types is nobody's.
        async Task<string> TakeOverAsync(string workspace, DesktopPage anns)
        {
            var last = await desktop.AcquireAsync(workspace, ann.Token, "user", Short, cancellationToken);
            var end = DateTimeOffset.Parse(last.Require("expires_at"), CultureInfo.InvariantCulture);
            Assert.Equal("1008 display control lost", await anns.LostAsync(TimeSpan.FromSeconds(2 * Short), cancellationToken));
            var late = TimeProvider.System.GetUtcNow() - end;
            Assert.True(late >= TimeSpan.Zero, $"The connection was closed {-late.TotalMilliseconds:0} ms before its lease was over.");

            var session = (await desktop.AcquireAsync(workspace, bob.Token, "user", Long, cancellationToken)).Require("session_url");
            var bobs = await browser.OpenAsync(cancellationToken);
            Assert.Null(await bobs.ConnectAsync(desktop.Address.Authority, session, cancellationToken));
            var view = (await desktop.ControlAsync(workspace, ann.Token, cancellationToken)).Require("view_session_url");
            Assert.Null(await anns.ConnectAsync(desktop.Address.Authority, view, cancellationToken));
            Assert.True(await anns.LookAsync(cancellationToken) > 1, "The viewer saw no picture.");
            await anns.TypeAsync("echo ann > viewer.txt", cancellationToken);
            await bobs.TypeAsync("echo bob > taken.txt; ls viewer.txt > listed.txt 2>&1; echo >> listed.txt", cancellationToken);
            Assert.Equal("bob", await walk.WrittenAsync(workspace, "taken.txt", cancellationToken));
            Assert.Contains("No such file", await walk.WrittenAsync(workspace, "listed.txt", cancellationToken), StringComparison.Ordinal);
            return string.Create(CultureInfo.InvariantCulture, $"Its lease over, the connection was closed {late.TotalMilliseconds:0} ms later and the other took over; a viewer's keys went nowhere");
        }
    });
}
