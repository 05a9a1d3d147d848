using System.Collections.Immutable;
using Molecule.HostTools.Reaping;
using Molecule.Processes;

namespace Molecule.Tests.HostTools;

public sealed class RunPictureTests
{
    private const string Run = "this";
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly ProcessKey Holder = new(50, 1);

    private readonly Dictionary<int, string> _markers = [];
    private RunPicture _picture = RunPicture.Before(Run, [Holder]);

    [Fact]
    public void A_marked_process_and_its_unmarked_descendants_belong()
    {
        Mark(10);

        Read(0, Row(10, 1), Row(11, 10), Row(12, 11), Row(20, 1));

        Assert.Equal([10, 11, 12], Ids(_picture.Processes));
    }

    [Fact]
    public void A_descendant_once_seen_belongs_for_good()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10));

        Read(1, Row(11, 1));

        Assert.Equal([11], Ids(_picture.Processes));
    }

    [Fact]
    public void A_process_with_the_id_of_a_member_but_another_start_time_does_not_belong()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10));

        Read(1, Row(10, 1), Row(11, 1, start: 99));

        Assert.Equal([10], Ids(_picture.Processes));
    }

    [Fact]
    public void Another_runs_marker_is_taken_at_its_word_and_so_are_its_children()
    {
        Mark(10);
        _markers[11] = "other";

        Read(0, Row(10, 1), Row(11, 10), Row(12, 11));

        Assert.Equal([10], Ids(_picture.Processes));
    }

    [Fact]
    public void A_member_that_turns_out_to_be_another_runs_is_let_go()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10));
        _markers[11] = "other";

        Read(1, Row(10, 1), Row(11, 1));

        Assert.Equal([10], Ids(_picture.Processes));
    }

    [Fact]
    public void The_untouchable_never_belong_and_hand_nothing_on()
    {
        Mark(50);
        Mark(51);

        Read(0, Row(50, 1), Row(51, 50), Row(52, 50));

        Assert.Equal([51], Ids(_picture.Processes));
    }

    [Fact]
    public void A_process_that_only_waits_to_be_collected_is_gone()
    {
        Mark(10);

        Read(0, Row(10, 1, state: 'Z'));

        Assert.True(_picture.IsEmpty);
    }

    [Fact]
    public void An_orphan_is_one_for_the_whole_grace_and_takes_its_subtree_along()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10), Row(12, 11));

        Read(1, Row(11, 1), Row(12, 11));
        Assert.Empty(_picture.Orphans(Seconds(2.9), Grace));

        Read(3, Row(11, 1), Row(12, 11));
        Assert.Equal([11, 12], Ids(_picture.Orphans(Seconds(3), Grace)));
    }

    [Fact]
    public void A_root_whose_parent_never_belonged_is_no_orphan()
    {
        Mark(10);
        Read(0, Row(5, 1), Row(10, 5));

        Read(1, Row(10, 1));
        Read(100, Row(10, 1));

        Assert.Empty(_picture.Orphans(Seconds(100), Grace));
    }

    [Fact]
    public void A_process_that_another_of_the_run_took_over_is_no_orphan()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10), Row(12, 11));

        Read(1, Row(10, 1), Row(12, 10));
        Read(100, Row(10, 1), Row(12, 10));

        Assert.Empty(_picture.Orphans(Seconds(100), Grace));
    }

    [Fact]
    public void A_parent_whose_id_another_process_has_now_is_gone_all_the_same()
    {
        Mark(10);
        Read(0, Row(10, 1), Row(11, 10));

        _markers.Clear();
        Read(1, Row(10, 1, start: 99), Row(11, 1));

        Assert.Equal([11], Ids(_picture.Orphans(Seconds(3), Grace)));
    }

    [Fact]
    public void An_orchestrator_that_detaches_itself_by_design_is_no_orphan()
    {
        Mark(10);
        Read(0, Row(10, 1, name: "dcp"), Row(11, 10, name: "dcp"));

        Read(1, Row(11, 1, name: "dcp"));

        Assert.Empty(_picture.Orphans(Seconds(100), Grace));
        Assert.Equal([11], Ids(_picture.Processes));
    }

    private void Mark(int id) => _markers[id] = Run;

    private void Read(double seconds, params ImmutableArray<ProcessRow> rows) =>
        _picture = _picture.Next(rows, row => _markers.GetValueOrDefault(row.Key.Id), Seconds(seconds));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static ProcessRow Row(int id, int parent, long start = 1, char state = 'S', string name = "some") => new(new ProcessKey(id, start), parent, state, name);

    private static IEnumerable<int> Ids(IEnumerable<ProcessRow> rows) => rows.Select(static row => row.Key.Id).Order();
}
