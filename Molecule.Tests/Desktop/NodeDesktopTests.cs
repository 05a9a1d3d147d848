using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.HostTools.Reaping;
using Molecule.Processes;
using Molecule.Tests.Node;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Desktop;

/// <summary>What a node gives a workspace that asks for a desktop, and takes back.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NodeDesktopTests
{
    // Draws with the cookie that it was given, then without any.
    private const string Drawing = """
        xterm -e true 2> drawing.txt && echo drawn > with.txt
        XAUTHORITY=/dev/null xterm -e true 2> refused.txt || echo refused > without.txt
        exec sleep 1000
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [DesktopFact]
    public async Task A_workspaces_programs_draw_on_its_desktop_and_nobody_does_without_its_cookie()
    {
        await using var node = await RunningNode.WithScriptAsync(Drawing, Cancelled);

        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);

        Assert.Equal("drawn\n", await node.WrittenAsync("ws-1", "with.txt"));
        Assert.Equal("refused\n", await node.WrittenAsync("ws-1", "without.txt"));
        Assert.Contains("Authorization required", await File.ReadAllTextAsync(Path.Combine(node.Root, "ws-1", "workspace", "refused.txt"), Cancelled), StringComparison.Ordinal);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(node.Root, "ws-1", "tmp", "Xauthority")) | File.GetUnixFileMode(Path.Combine(node.Root, "d1.sock")));
    }

    [DesktopFact]
    public async Task Two_workspaces_have_two_desktops_and_each_ends_with_its_own()
    {
        await using var node = await RunningNode.WithScriptAsync("echo $DISPLAY > display.txt\nexec sleep 1000\n", Cancelled);
        var first = await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        await node.ProvisionAsync(WithDesktop("ws-2"), Cancelled);
        Assert.NotEqual(await node.WrittenAsync("ws-1", "display.txt"), await node.WrittenAsync("ws-2", "display.txt"));
        Assert.Equal(2, Servers(node).Count);

        Assert.Equal(HttpStatusCode.OK, await node.DeleteAsync("ws-1", first, Cancelled));

        Assert.Equal("ws-2", ProcessTable.EnvironmentVariable(Assert.Single(Servers(node)).Key.Id, "MOLECULE_WORKSPACE"));
        Assert.False(File.Exists(Path.Combine(node.Root, "d1.sock")));
    }

    [DesktopFact]
    public async Task A_workspace_that_ends_by_itself_takes_its_desktop_along()
    {
        await using var node = await RunningNode.WithScriptAsync("while [ ! -e go ]; do sleep 0.05; done\nexit 7\n", Cancelled);
        var instance = await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        Assert.Single(Servers(node));

        await File.WriteAllTextAsync(Path.Combine(node.Root, "ws-1", "workspace", "go"), "", Cancelled);

        Assert.Equal(7, (int?)(await node.StatusUntilStoppedAsync("ws-1", instance, Cancelled))["exit_code"]);
        Assert.Empty(node.Carriers());
    }

    [DesktopFact]
    public async Task A_second_provisioning_replaces_the_desktop_too_and_a_stopping_node_leaves_none()
    {
        await using var node = await RunningNode.WithScriptAsync("exec sleep 1000\n", Cancelled);
        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        var earlier = Assert.Single(Servers(node)).Key;

        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);

        Assert.NotEqual(earlier, Assert.Single(Servers(node)).Key);
        Assert.Equal(0, await node.Program.StopAsync());
        Assert.Empty(node.Carriers());
    }

    [DesktopFact]
    public async Task A_node_that_is_killed_leaves_neither_process_nor_socket_nor_file_of_a_desktop()
    {
        await using var node = await RunningNode.WithScriptAsync("echo $DISPLAY > display.txt\nexec sleep 1000\n", Cancelled);
        using var folder = new TemporaryFolder("molecule-reaped-");
        var lifeline = Path.Combine(folder.Path, "lifeline.sock");
        await using var holder = LifelineHolder.Open(lifeline);

        // As in the graph, whose reaper ends what its parts leave behind.
        var log = Path.Combine(folder.Path, "reaper.log");
        await using var reaper = await Reaper.LaunchAsync(node.Run, lifeline, folder: null, log, Cancelled);
        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        var display = await node.WrittenAsync("ws-1", "display.txt");
        await Eventually.HoldsAsync(() => Terminals(node).Count is 1, TimeSpan.FromSeconds(30), "a terminal is on the desktop");
        ProcessKey[] desktop = [Servers(node)[0].Key, Terminals(node)[0].Key];
        await Eventually.HoldsAsync(
            () => File.ReadAllText(log) is var seen && Array.TrueForAll(desktop, key => seen.Contains($"(pid {key.Id},", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "the reaper has seen the desktop");
        Assert.Contains(Sockets(), s => s.EndsWith($"/X{display.Trim().TrimStart(':')}", StringComparison.Ordinal));

        ProcessTable.Kill(node.Program.Key);

        await Eventually.HoldsAsync(() => node.Carriers().Count is 0, TimeSpan.FromSeconds(30), "nothing of the node runs any more");

        // A process that ends loses its environment, by which it is a carrier, a moment before its sockets.
        await Eventually.HoldsAsync(
            () => !Array.Exists(Sockets(), s => s.EndsWith($"/X{display.Trim().TrimStart(':')}", StringComparison.Ordinal) || s.StartsWith(node.Root, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(10),
            "no socket of the node or its desktop is left");
        await node.KillAndStartAsync();
        Assert.Empty(Directory.GetFiles(node.Root, "d*.sock"));
        File.Delete(Path.Combine(node.Root, "ws-1", "workspace", "display.txt"));
        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        Assert.Equal(display, await node.WrittenAsync("ws-1", "display.txt"));
    }

    [DesktopFact]
    public async Task Who_ends_the_shell_on_the_desktop_gets_another()
    {
        await using var node = await RunningNode.WithScriptAsync("exec sleep 1000\n", Cancelled);
        await node.ProvisionAsync(WithDesktop("ws-1"), Cancelled);
        await Eventually.HoldsAsync(() => Terminals(node).Count is 1, TimeSpan.FromSeconds(10), "a terminal is on the desktop");
        var first = Terminals(node)[0].Key;
        await Eventually.HoldsAsync(() => ShellOf(first) is not null, TimeSpan.FromSeconds(10), "a shell runs in the terminal");

        ProcessTable.Kill(ShellOf(first)!.Key);

        await Eventually.HoldsAsync(() => Terminals(node) is [var next] && next.Key != first, TimeSpan.FromSeconds(10), "another terminal is on the desktop");
    }

    [Fact]
    public async Task Where_a_desktops_programs_are_missing_the_workspace_is_refused_with_their_names_and_the_mend()
    {
        using var empty = new TemporaryFolder("molecule-no-desktop-");
        await using var node = await RunningNode.WithScriptAsync("exec /bin/sleep 1000\n", Cancelled, new Dictionary<string, string> { ["PATH"] = empty.Path });

        using var refused = await node.ProvisionRawAsync(JsonContent.Create(WithDesktop("ws-1")), RunningNode.Secret, Cancelled);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(
            "A desktop needs Xvnc and xterm, not on the node's PATH: './molecule setup' installs it.",
            (string?)(await refused.Content.ReadFromJsonAsync<JsonObject>(Cancelled))?["error"]);
        Assert.Empty(node.Carriers());
        await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
    }

    private static JsonObject WithDesktop(string id)
    {
        var request = RunningNode.Request(id);
        request["desktop"] = true;
        return request;
    }

    private static IReadOnlyList<ProcessRow> Servers(RunningNode node) => [.. node.Carriers().Where(static r => r.Name == "Xvnc")];

    private static IReadOnlyList<ProcessRow> Terminals(RunningNode node) => [.. node.Carriers().Where(static r => r.Name == "xterm")];

    // The last column of man 5 proc_net_unix; an abstract socket's begins with '@'.
    private static string[] Sockets() => [.. File.ReadLines("/proc/net/unix").Skip(1).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(static c => c.Length == 8).Select(static c => c[7])];

    private static ProcessRow? ShellOf(ProcessKey terminal) => ProcessTable.Read().FirstOrDefault(r => r.ParentId == terminal.Id && r.Name != "xterm");
}
