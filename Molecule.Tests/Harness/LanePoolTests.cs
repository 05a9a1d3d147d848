using Molecule.Harness.Lanes;

namespace Molecule.Tests.Harness;

public sealed class LanePoolTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lane_waits_for_memory_though_a_place_is_free()
    {
        var pool = new LanePool(places: 4, megabytes: 1_000);
        var first = await pool.EnterAsync(new LaneCost(1, 700, 0), Cancelled);

        var second = pool.EnterAsync(new LaneCost(1, 400, 0), Cancelled);
        Assert.False(second.IsCompleted);
        first.Dispose();

        (await second.WaitAsync(Deadline, Cancelled)).Dispose();
    }

    [Fact]
    public async Task None_overtakes_one_that_waits_for_more()
    {
        var pool = new LanePool(places: 2, megabytes: 1_000);
        var first = await pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);
        var dear = pool.EnterAsync(new LaneCost(2, 100, 0), Cancelled);

        var cheap = pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);
        Assert.False(cheap.IsCompleted);
        first.Dispose();

        (await dear.WaitAsync(Deadline, Cancelled)).Dispose();
        (await cheap.WaitAsync(Deadline, Cancelled)).Dispose();
    }

    [Fact]
    public async Task One_that_gives_up_makes_room_for_those_behind_it()
    {
        var pool = new LanePool(places: 2, megabytes: 1_000);
        using var first = await pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);
        using var impatient = new CancellationTokenSource();
        var dear = pool.EnterAsync(new LaneCost(2, 100, 0), impatient.Token);
        var cheap = pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dear);
        (await cheap.WaitAsync(Deadline, Cancelled)).Dispose();
    }

    [Fact]
    public async Task One_that_costs_more_than_there_is_gets_everything()
    {
        var pool = new LanePool(places: 1, megabytes: 500);

        using var place = await pool.EnterAsync(new LaneCost(2, 1_250, 25), Cancelled);

        Assert.False(pool.EnterAsync(new LaneCost(1, 1, 0), Cancelled).IsCompleted);
    }

    [Fact]
    public async Task What_is_left_twice_is_given_back_once()
    {
        var pool = new LanePool(places: 1, megabytes: 500);
        var place = await pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);
        place.Dispose();
        place.Dispose();

        using var first = await pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled);

        Assert.False(pool.EnterAsync(new LaneCost(1, 100, 0), Cancelled).IsCompleted);
    }
}
