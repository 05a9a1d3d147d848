using System.Globalization;
using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness;
using Molecule.Harness.Clients;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>
/// Feature <c>desktop-lease</c>: one controller at a time, by the rules of spec/runtimes-and-providers.md 5.1, over the wire and on the real
/// clock with the shortest legal lease. No turn and no agent: the lease is the control plane's alone.
/// </summary>
[Feature("desktop-lease")]
public sealed class DesktopLeaseTests(MoleculeGraph graph)
{
    private const int Shortest = 30;

    // Of the handshake: the token is good and no desktop runs behind it (docs/decisions/0023).
    private const int ComesIn = 503;

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("desktop-lease");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task One_controls_and_the_others_are_told_who(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var desktop = graph.Desktop;
        var started = TimeProvider.System.GetTimestamp();
        var workspace = await desktop.CreateAsync("desktop lease", cancellationToken);
        var ann = await desktop.NewPersonAsync("ann", cancellationToken);
        var bob = await desktop.NewPersonAsync("bob", cancellationToken);
        try
        {
            var seen = await WalkAsync(new Walk(desktop, workspace, ann.Token, bob.Token, await desktop.AgentAsync(workspace, cancellationToken)), cancellationToken);
            return new CellRecord(null, null, new CellEvidence(seen, [], null, null, (long)TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, null));
        }
        finally
        {
            await graph.ControlPlane.DeleteAsync(workspace, CancellationToken.None);
            await desktop.DismissAsync(ann.Id, CancellationToken.None);
            await desktop.DismissAsync(bob.Id, CancellationToken.None);
        }
    });

    private static async Task<string> WalkAsync(Walk walk, CancellationToken cancellationToken)
    {
        var (desktop, workspace, ann, bob, agent) = walk;
        Task<WireAnswer> AcquireAsync(string who, int seconds = Shortest) => desktop.AcquireAsync(workspace, who, who == agent ? "agent" : "user", seconds, cancellationToken);
        Task<int> ConnectAsync(string? url) => desktop.ConnectAsync(url!, cancellationToken);

        foreach (var seconds in new[] { 29, 3601 })
        {
            Assert.Equal((400, "ttl_seconds must be between 30 and 3600"), ((await AcquireAsync(ann, seconds)) is var refused ? refused.Status : 0, refused["error"]));
        }

        Assert.Equal(403, (await desktop.AcquireAsync(workspace, agent, "user", Shortest, cancellationToken)).Status);

        // A person takes control from the agent, and from nobody else.
        var agents = await AcquireAsync(agent);
        Assert.Equal((200, "agent", ComesIn), (agents.Status, agents["controller"], await ConnectAsync(agents["session_url"])));
        var first = await AcquireAsync(ann);
        Assert.Equal((200, "user", 403), (first.Status, first["controller"], await ConnectAsync(agents["session_url"])));
        foreach (var other in new[] { agent, bob })
        {
            var refused = await AcquireAsync(other);
            Assert.Equal((409, "display control already held", first["controlled_by"]), (refused.Status, refused["error"], (string?)refused.Json["current"]?["controlled_by"]));
        }

        // Renewed, dropped and come back to; whoever looks on meanwhile changes nothing.
        var renewed = await AcquireAsync(ann);
        Assert.Equal((200, first["session_url"]), (renewed.Status, renewed["session_url"]));
        Assert.True(EndOf(renewed) > EndOf(first), $"The renewal ends {renewed["expires_at"]}, the lease before it {first["expires_at"]}.");
        Assert.Equal((ComesIn, ComesIn), (await ConnectAsync(first["session_url"]), await ConnectAsync((await desktop.ControlAsync(workspace, bob, cancellationToken))["view_session_url"])));
        var held = await desktop.ControlAsync(workspace, ann, cancellationToken);
        Assert.Equal((first["session_url"], renewed["expires_at"]), (held["session_url"], held["expires_at"]));

        await Awaiting.UntilAsync(
            $"the lease of {Shortest} s to run out",
            async token => (await desktop.ControlAsync(workspace, bob, token))["controller"] == "none" ? "" : null,
            () => $"it was to end {renewed["expires_at"]}",
            TimeSpan.FromSeconds(2 * Shortest),
            TimeProvider.System,
            cancellationToken);
        var over = TimeProvider.System.GetUtcNow();
        Assert.True(over >= EndOf(renewed), $"It ended before {renewed["expires_at"]}, {over:O}.");
        var taken = await AcquireAsync(bob);
        Assert.Equal((200, 403, 409), (taken.Status, await ConnectAsync(first["session_url"]), (await AcquireAsync(ann)).Status));
        Assert.Equal((409, 403), ((await desktop.ReleaseAsync(workspace, ann, force: false, cancellationToken)).Status, (await desktop.ReleaseAsync(workspace, ann, force: true, cancellationToken)).Status));
        Assert.Equal(200, (await desktop.ReleaseAsync(workspace, desktop.Admin, force: true, cancellationToken)).Status);
        Assert.Equal(403, await ConnectAsync(taken["session_url"]));

        var (winner, given) = await RaceAsync(AcquireAsync, [ann, bob, desktop.Admin]);
        var events = await desktop.EventsAsync(workspace, cancellationToken);
        Assert.All(["acquire.started", "acquire.completed", "acquire.failed"], name => Assert.Contains($"display.control.{name}", events, StringComparison.Ordinal));
        Assert.DoesNotContain("token=", events, StringComparison.Ordinal);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{first["controlled_by"]} took control from the agent and kept it until {renewed["expires_at"]}; {taken["controlled_by"]} took over {(over - EndOf(renewed)).TotalMilliseconds:0} ms later; of 99 at once {given} were given to {winner} alone");
    }

    // Three people, 33 times each: who wins goes on winning, and nobody else does.
    private static async Task<(string Winner, int Given)> RaceAsync(Func<string, int, Task<WireAnswer>> acquireAsync, string[] people)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 99).Select(n => acquireAsync(people[n % people.Length], Shortest)));
        var given = answers.Where(static a => a.Status == 200).ToArray();
        var winner = Assert.Single(given.Select(static a => a["controlled_by"]).Distinct())!;
        Assert.Equal(33, given.Length);
        Assert.All(answers.Except(given), a => Assert.Equal((409, winner), (a.Status, (string?)a.Json["current"]?["controlled_by"])));
        return (winner, given.Length);
    }

    private static DateTimeOffset EndOf(WireAnswer lease) => DateTimeOffset.Parse(lease["expires_at"]!, CultureInfo.InvariantCulture);

    private sealed record Walk(DesktopClient Desktop, string Workspace, string Ann, string Bob, string Agent);
}
