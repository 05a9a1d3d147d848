using System.Collections.Immutable;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Molecule.Node.Workspaces;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Desktop;

/// <summary>A real desktop whose programs end by themselves, on a clock that the test turns.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DesktopRestartTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new("molecule-desktop-");
    private readonly FakeTimeProvider _time = new();
    private readonly string _mark = $"ws-{Guid.NewGuid():N}";

    [DesktopFact]
    public async Task A_display_that_is_killed_comes_back_under_its_number_and_with_a_terminal()
    {
        await using var desktop = await StartAsync();
        var (server, terminal) = (await TheAsync("Xvnc"), await TheAsync("xterm"));
        var display = desktop.Screen.Display;

        ProcessTable.Kill(server);

        await Eventually.HoldsAsync(() => desktop.Lack is not null, _deadline, "the desktop says that it is being started again");
        Assert.Equal("the desktop has ended and is being started again", desktop.Lack);
        await AgainAsync(desktop, TimeSpan.FromSeconds(0.5));
        Assert.NotEqual(server, await TheAsync("Xvnc"));
        Assert.NotEqual(terminal, await TheAsync("xterm"));
        Assert.Equal(display, desktop.Screen.Display);
        await using var connection = await desktop.ConnectAsync(TestContext.Current.CancellationToken);

        // RFC 6143, 7.1.1: the server speaks first.
        var greeting = new byte[12];
        await connection.ReadExactlyAsync(greeting, TestContext.Current.CancellationToken);
        Assert.Equal("RFB 003.008\n"u8.ToArray(), greeting);
    }

    [DesktopFact]
    public async Task Where_another_server_has_its_number_it_takes_another_one()
    {
        await using var first = await StartAsync();

        // The same socket's path, so that both try the same number first.
        await using var second = await StartAsync();

        Assert.NotEqual(first.Screen.Display, second.Screen.Display);
        Assert.Equal(2, Programs("Xvnc").Count);
    }

    [DesktopFact]
    public async Task A_terminal_that_is_killed_comes_back_on_the_display_that_stayed()
    {
        await using var desktop = await StartAsync();
        var (server, terminal) = (await TheAsync("Xvnc"), await TheAsync("xterm"));

        ProcessTable.Kill(terminal);

        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(0.1));
                return Programs("xterm") is [var next] && next != terminal;
            },
            _deadline,
            "another terminal is on the desktop");
        Assert.Equal(server, await TheAsync("Xvnc"));
        Assert.Null(desktop.Lack);
    }

    [DesktopFact]
    public async Task One_that_ends_again_and_again_is_given_up_says_so_and_leaves_nothing()
    {
        await using var desktop = await StartAsync();
        foreach (var pause in (double[])[0.5, 1, 2, 4, 8, 8])
        {
            ProcessTable.Kill(await TheAsync("Xvnc"));
            await Eventually.HoldsAsync(() => desktop.Lack is not null, _deadline, "the desktop says that it is being started again");
            await AgainAsync(desktop, TimeSpan.FromSeconds(pause));
        }

        ProcessTable.Kill(await TheAsync("Xvnc"));

        await Eventually.HoldsAsync(() => desktop.Lack?.Contains("is not started again", StringComparison.Ordinal) is true, _deadline, "the desktop says that it is given up");
        Assert.StartsWith("the desktop has ended 7 times in a row and is not started again: see desktop.log", desktop.Lack, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Carriers().Count is 0, _deadline, "nothing of the desktop is left");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(Carriers());
    }

    [DesktopFact]
    public async Task One_that_is_let_go_while_it_waits_for_its_next_start_is_not_started_again()
    {
        await using (var desktop = await StartAsync())
        {
            ProcessTable.Kill(await TheAsync("Xvnc"));
            await Eventually.HoldsAsync(() => desktop.Lack is not null, _deadline, "the desktop says that it is being started again");
            desktop.LetGo();
            _time.Advance(TimeSpan.FromHours(1));
        }

        await Eventually.HoldsAsync(() => Carriers().Count is 0, _deadline, "nothing of the desktop is left");
        Assert.False(File.Exists(Path.Combine(_folder.Path, "d1.sock")));
    }

    public void Dispose() => _folder.Dispose();

    private Task<Molecule.Node.Desktops.Desktop> StartAsync() => Molecule.Node.Desktops.Desktop.StartAsync(
        "ws-1",
        WorkspaceFolders.Prepare(_folder.Path, "ws-1"),
        Path.Combine(_folder.Path, "d1.sock"),
        ImmutableDictionary<string, string>.Empty.Add("PATH", Environment.GetEnvironmentVariable("PATH")!).Add("HOME", _folder.Path).Add("TMPDIR", _folder.Path).Add("MOLECULE_WORKSPACE", _mark),
        new OwnChildren(),
        _time,
        NullLogger.Instance);

    // Steps by its pause once it waits, so that a pause that is longer than said would not end.
    private async Task AgainAsync(Molecule.Node.Desktops.Desktop desktop, TimeSpan pause)
    {
        var turned = TimeSpan.Zero;
        await Eventually.HoldsAsync(
            () =>
            {
                if (desktop.Lack is not null && turned < pause * 1.5)
                {
                    _time.Advance(pause / 10);
                    turned += pause / 10;
                }

                return desktop.Lack is null;
            },
            _deadline,
            $"the desktop is there again after {pause.TotalSeconds} s");
        Assert.True(turned >= pause, $"It was started again after {turned.TotalSeconds} s, {pause.TotalSeconds} s were due.");
    }

    private async Task<ProcessKey> TheAsync(string program)
    {
        await Eventually.HoldsAsync(() => Programs(program).Count is 1, _deadline, $"one {program} runs");
        return Programs(program)[0];
    }

    private IReadOnlyList<ProcessKey> Programs(string name) => [.. Carriers().Where(r => r.Name == name).Select(static r => r.Key)];

    private IReadOnlyList<ProcessRow> Carriers() =>
        [.. ProcessTable.Read().Where(r => r.State is not 'Z' && ProcessTable.EnvironmentVariable(r.Key.Id, "MOLECULE_WORKSPACE") == _mark)];
}
