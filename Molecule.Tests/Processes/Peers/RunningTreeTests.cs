using System.Net;
using Molecule.Contracts.Journal;
using Molecule.Processes.Peers;

namespace Molecule.Tests.Processes.Peers;

/// <summary>Which packages a Node process is seen to run; the node of these tests is a shell of that name.</summary>
public sealed class RunningTreeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-trees-");
    private readonly LoopbackServer _server = new(IPAddress.Loopback);
    private readonly PeerAttestor _attestor = new();

    public RunningTreeTests()
    {
        File.Copy("/bin/bash", Node);
        Write("node_modules/agent/main.mjs", ShellClient.Script(_server.Port));
        Write("node_modules/lib/index.js", "1");
        Write("main.mjs", ShellClient.Script(_server.Port));
    }

    private string Node => Path.Combine(_folder.FullName, "node");

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_node_that_runs_a_script_among_packages_is_told_with_the_script_and_the_packages_digest()
    {
        var tree = await TreeOfAsync(Node, "node_modules/agent/main.mjs");

        Assert.Equal("agent/main.mjs", tree?.Script);
        Assert.Equal(Digest(), tree?.Digest);
    }

    [Fact]
    public async Task A_file_that_was_changed_between_two_processes_gives_the_second_another_digest()
    {
        var before = await TreeOfAsync(Node, "node_modules/agent/main.mjs");
        Write("node_modules/lib/index.js", "22");
        var after = await TreeOfAsync(Node, "node_modules/agent/main.mjs");

        Assert.NotEqual(before?.Digest, after?.Digest);
        Assert.Equal(Digest(), after?.Digest);
    }

    [Fact]
    public async Task A_script_outside_of_packages_has_no_tree() => Assert.Null(await TreeOfAsync(Node, "main.mjs"));

    [Fact]
    public async Task A_node_that_is_told_to_load_other_code_first_has_no_tree() =>
        Assert.Null(await TreeOfAsync(Node, "node_modules/agent/main.mjs", ("NODE_OPTIONS", "--import /elsewhere.mjs")));

    [Fact]
    public async Task A_program_that_is_no_node_has_no_tree() => Assert.Null(await TreeOfAsync("/bin/bash", "node_modules/agent/main.mjs"));

    [Fact]
    public void The_digest_follows_paths_bytes_and_links_and_nothing_else()
    {
        var before = Digest();
        Write("node_modules/.package-lock.json", "npm's note");
        File.SetLastWriteTimeUtc(In("node_modules/lib/index.js"), DateTime.UnixEpoch);
        Assert.Equal(before, Digest());

        File.CreateSymbolicLink(In("node_modules/link"), "lib");
        var linked = Digest();
        File.Delete(In("node_modules/link"));
        File.CreateSymbolicLink(In("node_modules/link"), "agent");
        var elsewhere = Digest();
        File.Delete(In("node_modules/link"));
        File.Move(In("node_modules/lib/index.js"), In("node_modules/lib/main.js"));
        var moved = Digest();
        File.Move(In("node_modules/lib/main.js"), In("node_modules/lib/index.js"));

        Assert.Equal(4, new[] { before, linked, elsewhere, moved }.Distinct().Count());
        Assert.Equal(before, Digest());
    }

    private async Task<RunningTree?> TreeOfAsync(string node, string script, params (string, string)[] environment)
    {
        using var client = ShellClient.StartScript(node, In(script), environment);
        using var accepted = await _server.AcceptAsync();
        var peer = _attestor.Identify(accepted.Local, accepted.Remote);
        Assert.Equal(client.Id, peer?.ProcessId);
        return peer?.Tree;
    }

    private string Digest() => PackageTree.DigestOf(In("node_modules"));

    private string In(string path) => Path.Combine(_folder.FullName, path);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllText(In(path), text);
    }
}
