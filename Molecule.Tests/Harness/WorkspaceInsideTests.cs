using System.Collections.Immutable;
using Molecule.Harness.Lanes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness;

/// <summary>The look into a workspace's folder.</summary>
public sealed class WorkspaceInsideTests
{
    private static readonly ImmutableDictionary<string, string> _secrets = ImmutableDictionary<string, string>.Empty.Add("admin token", "mol-0123456789");

    [Fact]
    public async Task A_secret_in_a_file_is_found_beside_a_pipe_that_nobody_writes_to()
    {
        using var root = new TemporaryFolder("molecule-inside-");
        var workspace = Directory.CreateDirectory(Path.Combine(root.Path, "w1", "home")).FullName;
        await CliWrap.Cli.Wrap("mkfifo").WithArguments(Path.Combine(workspace, "clr-debug-pipe-1-out")).ExecuteAsync(TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(workspace, "settings.json"), """{"key":"mol-0123456789"}""", TestContext.Current.CancellationToken);

        var view = await Task.Run(() => new WorkspaceInside(root.Path).Look("w1", _secrets), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal([new FoundSecret("admin token", Path.Combine("home", "settings.json"))], view.InFiles);
    }

    [Fact]
    public async Task Another_key_in_a_file_is_none_of_the_secrets()
    {
        using var root = new TemporaryFolder("molecule-inside-");
        var workspace = Directory.CreateDirectory(Path.Combine(root.Path, "w1")).FullName;
        await File.WriteAllTextAsync(Path.Combine(workspace, "settings.json"), """{"key":"mol-9876543210"}""", TestContext.Current.CancellationToken);

        Assert.Empty(new WorkspaceInside(root.Path).Look("w1", _secrets).InFiles);
    }
}
