using System.Collections.Immutable;
using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using Molecule.Node.Volumes;

namespace Molecule.Tests.Node.Volumes;

/// <summary>A workspace's data over a swap of its incarnation, and over every way in which that may be broken off.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class VolumeSwapTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 6, 0, 0, TimeSpan.Zero));
    private readonly SampleWorkspace _data = new();
    private readonly List<string> _reached = [];

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Every_file_link_folder_and_permission_is_the_same_after_a_swap()
    {
        var before = _data.Listing();

        Assert.Empty(await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken));

        Assert.Equal(before, _data.Listing());
        Assert.Equal(["configs", "home", "snapshots", "workspace"], Top());
        Assert.Single(SnapshotStore.List(_data.Volumes));
    }

    [Fact]
    public async Task Without_persistence_the_home_goes_with_the_container_and_the_other_volumes_stay()
    {
        await Swap().RunAsync(_data.Volumes, isPersistent: false, restore: null, TestContext.Current.CancellationToken);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_data.Volumes.Of("home")));
        Assert.Equal("# Notes\nzwei\n", _data.Read("workspace/notes.md"));
        Assert.Equal(["configs", "home", "workspace"], Top());
    }

    [Theory]
    [InlineData("home")]
    [InlineData("workspace")]
    [InlineData("configs")]
    public async Task An_incarnation_that_comes_up_without_a_volume_s_data_gets_it_back_by_itself(string volume)
    {
        var before = _data.Listing();

        // What wiped /home/agent came between the end of the old container and the start of the new one.
        var swap = Swap(point =>
        {
            if (point == $"{volume} attached")
            {
                Directory.Delete(_data.Volumes.Of(volume), recursive: true);
                _data.Volumes.Make(volume);
            }
        });
        var restored = await swap.RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);

        Assert.All(restored, entry => Assert.Equal(volume, entry.Volume));
        Assert.NotEmpty(restored);
        Assert.Equal(before, _data.Listing());
        Assert.Contains("restored", _reached);
    }

    [Fact]
    public async Task One_changed_byte_is_seen_and_undone()
    {
        var before = _data.Listing();
        var swap = Swap(point =>
        {
            if (point == "workspace attached")
            {
                _data.Write("workspace/notes.md", "# Notes\nzwo!\n");
            }
        });

        var restored = await swap.RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);

        Assert.Equal(["workspace/notes.md"], restored.Select(static entry => entry.Path));
        Assert.Equal(before, _data.Listing());
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task A_kill_at_any_point_loses_nothing_and_the_next_start_ends_what_was_begun(bool isWiped, bool isRestore)
    {
        var (isPersistent, restore) = (isWiped || isRestore, (string?)null);
        var (begun, wanted) = (_data.Listing(), _data.Listing());
        if (isRestore)
        {
            await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);
            restore = SnapshotStore.List(_data.Volumes)[0].Name;
            _time.Advance(TimeSpan.FromSeconds(1));
            _data.Write("workspace/later.md", "written after the snapshot");
            begun = _data.Listing();
            _reached.Clear();
        }

        var killed = new List<(string Point, string Folder)>();
        var swap = Swap(point =>
        {
            if (point == "home attached" && isWiped)
            {
                Directory.Delete(_data.Volumes.Of("home"), recursive: true);
                _data.Volumes.Make("home");
            }

            killed.Add((point, _data.Copy($"killed-{killed.Count}")));
        });
        await swap.RunAsync(_data.Volumes, isPersistent, restore, TestContext.Current.CancellationToken);
        var ended = _data.Listing();
        Assert.Equal(isPersistent ? wanted : ended, ended);

        // The journal's own steps are all among the points: a new step is a new point.
        Assert.Superset(Enum.GetNames<SwapStep>().Except([nameof(SwapStep.Planned)]).ToHashSet(), _reached.ToHashSet());
        foreach (var (point, folder) in killed)
        {
            var volumes = new WorkspaceVolumes(folder);

            // A second kill, in the recovery from the first.
            Assert.True(await Record.ExceptionAsync(() => new VolumeSwap(Store(), static _ => throw new KilledAgainException()).RecoverAsync(volumes)) is null or KilledAgainException);
            await new VolumeSwap(Store(), static _ => { }).RecoverAsync(volumes);

            var expected = point is "planned" or "snapshot taken" ? begun : ended;
            Assert.True(expected == SampleWorkspace.Listing(folder), $"Killed at '{point}':\n{SampleWorkspace.Listing(folder)}\ninstead of\n{expected}");
            Assert.False(File.Exists(volumes.Journal), $"Killed at '{point}', the journal is still there.");
            Assert.False(Directory.Exists(volumes.Earlier) || Directory.Exists(volumes.Unpacked), $"Killed at '{point}', there are remains.");
        }
    }

    [Fact]
    public async Task A_snapshot_that_was_broken_off_is_none()
    {
        Directory.CreateDirectory(_data.Volumes.Snapshots);
        await File.WriteAllTextAsync(Path.Combine(_data.Volumes.Snapshots, "20261128T055959.0000000Z.tar.gz.partial"), "half", TestContext.Current.CancellationToken);
        new SwapJournal(SwapStep.Planned, "20261128T055959.0000000Z", null, WorkspaceVolumes.All).Write(_data.Volumes);
        var before = _data.Listing();

        await Swap().RecoverAsync(_data.Volumes);

        Assert.Equal(before, _data.Listing());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_data.Volumes.Snapshots));
        Assert.False(File.Exists(_data.Volumes.Journal));
    }

    [Fact]
    public async Task A_snapshot_is_restored_on_request_and_what_it_replaces_is_kept_as_another()
    {
        var before = _data.Listing();
        await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);
        var first = SnapshotStore.List(_data.Volumes)[0].Name;
        _time.Advance(TimeSpan.FromMinutes(1));
        _data.Write("workspace/notes.md", "# Ruined\n");
        _data.Write("workspace/more.md", "more");
        var ruined = _data.Listing();

        await Swap().RunAsync(_data.Volumes, isPersistent: true, first, TestContext.Current.CancellationToken);
        Assert.Equal(before, _data.Listing());

        _time.Advance(TimeSpan.FromMinutes(1));
        await Swap().RunAsync(_data.Volumes, isPersistent: true, SnapshotStore.List(_data.Volumes)[0].Name, TestContext.Current.CancellationToken);
        Assert.Equal(ruined, _data.Listing());
    }

    [Theory]
    [InlineData("20200101T000000.0000000Z")]
    [InlineData("../../secrets")]
    [InlineData("")]
    public async Task A_snapshot_that_is_not_there_is_refused_by_name_before_anything_is_touched(string name)
    {
        var before = _data.Listing();

        var refused = await Assert.ThrowsAsync<SnapshotException>(() => Swap().RunAsync(_data.Volumes, isPersistent: true, name, TestContext.Current.CancellationToken));

        Assert.Equal($"There is no snapshot '{name}' of this workspace; there are: none.", refused.Message);
        Assert.Equal((before, 0), (_data.Listing(), _reached.Count));
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public async Task A_damaged_snapshot_is_refused_before_anything_is_touched(double where)
    {
        await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);
        var name = SnapshotStore.List(_data.Volumes)[0].Name;
        var path = Path.Combine(_data.Volumes.Snapshots, name + ".tar.gz");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[(int)(bytes.Length * where)] ^= 0xff;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        var before = _data.Listing();
        _reached.Clear();

        var refused = await Assert.ThrowsAsync<SnapshotException>(() => Swap().RunAsync(_data.Volumes, isPersistent: true, name, TestContext.Current.CancellationToken));

        Assert.StartsWith($"The snapshot {name}.tar.gz is damaged: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal((before, 0), (_data.Listing(), _reached.Count));
    }

    [Fact]
    public async Task A_disk_without_room_is_told_before_anything_is_touched()
    {
        var before = _data.Listing();
        var swap = new VolumeSwap(new SnapshotStore(_time, static _ => 16 * 1024 * 1024), _reached.Add);

        var refused = await Assert.ThrowsAsync<DiskFullException>(() => swap.RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken));

        Assert.EndsWith("16777216 are free. Nothing was touched; make room and try again.", refused.Message, StringComparison.Ordinal);
        Assert.Equal((before, 0), (_data.Listing(), _reached.Count));
        Assert.Equal(["configs", "home", "workspace"], Top());
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_written_leaves_neither_a_journal_nor_half_of_itself()
    {
        // A folder in the way of the file, as good as a disk that fills up under it: the write fails, for root too.
        var name = Store().NewName();
        Directory.CreateDirectory(Path.Combine(_data.Volumes.Snapshots, name + ".tar.gz"));
        var before = _data.Listing();

        await Assert.ThrowsAnyAsync<IOException>(() => Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken));

        Assert.Equal(before, _data.Listing());
        Assert.False(File.Exists(_data.Volumes.Journal));
        Assert.Empty(Directory.GetFiles(_data.Volumes.Snapshots));
    }

    [Fact]
    public async Task The_newest_three_are_kept_and_of_those_none_older_than_seven_days_but_the_newest()
    {
        for (var n = 0; n < 5; n++)
        {
            await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(["20261128T100000", "20261128T090000", "20261128T080000"], SnapshotStore.List(_data.Volumes).Select(static file => file.Name[..15]));

        _time.Advance(TimeSpan.FromDays(8));
        Store().Retain(_data.Volumes);
        Assert.Equal(["20261128T100000"], SnapshotStore.List(_data.Volumes).Select(static file => file.Name[..15]));
    }

    [Fact]
    public async Task Pipes_and_sockets_are_left_to_their_processes()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(_data.Volumes.Of("home"), "s")));
        using var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_data.Volumes.Of("home"), "p")]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);

        await Swap().RunAsync(_data.Volumes, isPersistent: true, restore: null, TestContext.Current.CancellationToken);

        var held = await Store().ReadAsync(_data.Volumes, SnapshotStore.List(_data.Volumes)[0].Name, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(held.Entries, static entry => entry.Path is "home/s" or "home/p");
        Assert.Equal(SampleWorkspace.Files.Length, held.Entries.Count(static entry => entry.Kind is SnapshotEntryKind.File));
    }

    private VolumeSwap Swap(Action<string>? then = null) => new(Store(), point =>
    {
        _reached.Add(point);
        then?.Invoke(point);
    });

    private SnapshotStore Store() => new(_time, static _ => long.MaxValue);

    private string[] Top() => [.. Directory.EnumerateFileSystemEntries(_data.Volumes.Folder).Select(Path.GetFileName).Order()!];

    private sealed class KilledAgainException : Exception;
}
