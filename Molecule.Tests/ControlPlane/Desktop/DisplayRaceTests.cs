using System.Collections.Concurrent;
using Molecule.ControlPlane.Tokens;
using Npgsql;

namespace Molecule.Tests.ControlPlane.Desktop;

/// <summary>A hundred people who all want the desktop, at two control planes on one database.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DisplayRaceTests(PostgresCluster postgres)
{
    private const int People = 100;

    [Fact]
    public async Task Of_a_hundred_that_ask_at_once_exactly_one_controls()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        await using var second = await SecondAsync(scene);
        var tokens = await TokensAsync(scene.Control);
        foreach (var endsByItself in new[] { true, false, true, false })
        {
            var answers = await Task.WhenAll(tokens.Select((token, n) => AskAsync(n % 2 == 0 ? scene.Control : second, scene, token)));

            var winner = Assert.Single(answers, static a => a.Answer.Status == 200);
            var holder = winner.Answer["controlled_by"];
            Assert.Equal($"org-token:{winner.Token[..8]}", holder);
            Assert.All(
                answers.Where(static a => a.Answer.Status != 200),
                a => Assert.Equal((409, holder), (a.Answer.Status, a.Answer.Json.GetProperty("current").GetProperty("controlled_by").GetString())));
            Assert.Equal((1L, holder), (await scene.Control.ScalarAsync<long>("SELECT count(*) FROM workspace_display_control_locks"), await scene.HolderAsync()));
            if (endsByItself)
            {
                scene.Time.Advance(TimeSpan.FromSeconds(30));
            }
            else
            {
                Assert.Equal(200, (await scene.ReleaseAsync(winner.Token)).Status);
            }
        }
    }

    [Fact]
    public async Task Of_a_hundred_that_come_and_go_never_two_are_in()
    {
        const int turns = 12;
        await using var scene = await DisplayScene.SetAsync(postgres);
        await using var second = await SecondAsync(scene);
        var tokens = await TokensAsync(scene.Control);
        var inside = 0;
        var entered = 0;
        var most = new ConcurrentBag<int>();
        async Task ComeAndGoAsync(RunningControlPlane control, string token)
        {
            while (Volatile.Read(ref entered) < turns)
            {
                if ((await AskAsync(control, scene, token)).Answer.Status != 200)
                {
                    continue;
                }

                most.Add(Interlocked.Increment(ref inside));
                Interlocked.Increment(ref entered);
                Assert.Equal($"org-token:{token[..8]}", await scene.HolderAsync());
                Interlocked.Decrement(ref inside);
                Assert.Equal(200, (await scene.ReleaseAsync(token)).Status);
                return;
            }
        }

        await Task.WhenAll(tokens.Select((token, n) => ComeAndGoAsync(n % 2 == 0 ? scene.Control : second, token))).WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        Assert.True(entered >= turns, $"{entered} came in");
        Assert.All(most, static together => Assert.Equal(1, together));
        Assert.Equal("", await scene.HolderAsync());
    }

    [Fact]
    public async Task The_database_decides_and_without_its_key_nobody_controls()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        await scene.AcquireAsync(scene.Ann);

        var clash = await Assert.ThrowsAsync<PostgresException>(() => scene.Control.ExecuteAsync(
            """
            INSERT INTO workspace_display_control_locks (workspace_id, controller, controlled_by, expires_at, session_id, acquired_at)
            SELECT workspace_id, 'user', 'another', expires_at, gen_random_uuid(), acquired_at FROM workspace_display_control_locks
            """));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, clash.SqlState);
        await scene.ReleaseAsync(scene.Ann);
        await scene.Control.ExecuteAsync("ALTER TABLE workspace_display_control_locks DROP CONSTRAINT workspace_display_control_locks_pkey");
        Assert.Equal(500, (await scene.AcquireAsync(scene.Ann)).Status);
        Assert.Equal("", await scene.HolderAsync());
        Assert.Equal(
            "display.control.acquire.failed",
            await scene.Control.ScalarAsync<string>("SELECT event_type FROM structure_events WHERE workspace_id = @id ORDER BY created_at DESC LIMIT 1", new { id = scene.Workspace }));
    }

    // At a second address, on the first one's database and clock.
    private static async Task<RunningControlPlane> SecondAsync(DisplayScene scene) => await RunningControlPlane.StartAsync(
        scene.Control.ConnectionString,
        settings: new Dictionary<string, string?> { ["MOLECULE_DESKTOP_ENABLED"] = "true", ["RATE_LIMIT"] = "1000000" },
        time: scene.Time);

    // Past the route, which makes ten an hour.
    private static async Task<string[]> TokensAsync(RunningControlPlane control)
    {
        var tokens = Enumerable.Range(0, People).Select(static _ => TokenHash.NewToken()).ToArray();
        await control.ExecuteAsync(
            "INSERT INTO org_api_tokens (token_hash, prefix) SELECT * FROM unnest(@hashes, @prefixes)",
            new { hashes = tokens.Select(TokenHash.Of).ToArray(), prefixes = tokens.Select(static token => token[..8]).ToArray() });
        return tokens;
    }

    private static async Task<(string Token, Answer Answer)> AskAsync(RunningControlPlane control, DisplayScene scene, string token) =>
        (token, await control.SendAsync("POST", scene.Path("display/control/acquire"), new { ttl_seconds = 30 }, token));
}
