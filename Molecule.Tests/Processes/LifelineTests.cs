using Molecule.Processes;

namespace Molecule.Tests.Processes;

public sealed class LifelineTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-lifeline-");

    private string SocketPath => Path.Combine(_folder.FullName, "lifeline.sock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_dependant_sees_its_holder_go()
    {
        var holder = LifelineHolder.Open(SocketPath);
        await using var lifeline = await Lifeline.AttachAsync(SocketPath, TestContext.Current.CancellationToken);
        Assert.False(lifeline.Lost.IsCompleted);
        Assert.Equal(Environment.ProcessId, lifeline.HolderId);

        await holder.DisposeAsync();

        await lifeline.Lost.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_dependant_that_leaves_does_not_disturb_the_others()
    {
        await using var holder = LifelineHolder.Open(SocketPath);
        var first = await Lifeline.AttachAsync(SocketPath, TestContext.Current.CancellationToken);
        await using var second = await Lifeline.AttachAsync(SocketPath, TestContext.Current.CancellationToken);
        await first.DisposeAsync();
        await using var third = await Lifeline.AttachAsync(SocketPath, TestContext.Current.CancellationToken);

        Assert.False(second.Lost.IsCompleted);
        Assert.False(third.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_lifeline_that_nobody_holds_is_an_error_that_names_it()
    {
        var error = await Assert.ThrowsAsync<IOException>(() => Lifeline.AttachAsync(SocketPath, TestContext.Current.CancellationToken));

        Assert.Contains(SocketPath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_lifeline_leaves_no_socket_behind()
    {
        await LifelineHolder.Open(SocketPath).DisposeAsync();

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_lifeline_whose_folder_has_been_deleted_closes_all_the_same()
    {
        var folder = _folder.CreateSubdirectory("run");
        var holder = LifelineHolder.Open(Path.Combine(folder.FullName, "lifeline.sock"));
        await using var lifeline = await Lifeline.AttachAsync(holder.Path, TestContext.Current.CancellationToken);
        folder.Delete(recursive: true);

        await holder.DisposeAsync();

        await lifeline.Lost.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }
}
