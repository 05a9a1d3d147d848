using Molecule.Harness.Keys;
using Molecule.Harness.Logins;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness.Logins;

/// <summary>What a refreshed login's way back promises, whatever store it came from (design.md 6).</summary>
public abstract class LoginReturnContract : IAsyncLifetime
{
    private readonly TemporaryFolder _home = new("molecule-logins-");

    private static readonly string _was = SomeLogin.Text("rt-secret-was", SomeLogin.Noon);
    private static readonly string _rotated = SomeLogin.Text("rt-secret-rotated", SomeLogin.Noon.AddMinutes(5));

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected LoginSafe Safe => new(Path.Combine(_home.Path, "state"));

    protected string Home => _home.Path;

    private string Kept => Safe.PathOf(SomeLogin.Name, SomeLogin.Of(_rotated));

    [Fact]
    public async Task A_refreshed_login_is_put_where_it_came_from_and_lies_nowhere_else()
    {
        await StoreAsync(_was);

        Assert.Null(await ReturnAsync());

        Assert.Equal(_rotated, await StoredAsync());
        Assert.Equal("somebody else's", await StoredAsync("E2E_OTHER_KEY"));
        Assert.False(File.Exists(Kept));
    }

    [Fact]
    public async Task What_is_back_already_is_written_once()
    {
        await StoreAsync(_was);
        Assert.Null(await ReturnAsync());
        var writes = Writes;

        Assert.Null(await ReturnAsync());

        Assert.Equal(writes, Writes);
    }

    [Fact]
    public async Task The_same_login_in_another_spelling_is_the_same_login()
    {
        await StoreAsync(_was.Replace(",", " ,  ", StringComparison.Ordinal));

        Assert.Null(await ReturnAsync());

        Assert.Equal(_rotated, await StoredAsync());
    }

    [Fact]
    public async Task A_newer_login_at_the_source_is_never_overwritten_and_nothing_is_amiss()
    {
        var newer = SomeLogin.Text("rt-secret-newer", SomeLogin.Noon.AddMinutes(6));
        await StoreAsync(newer);

        Assert.Null(await ReturnAsync());

        Assert.Equal(newer, await StoredAsync());
        Assert.False(File.Exists(Kept));
    }

    [Theory]
    [InlineData("rt-secret-older", -5, "acct-1")]
    [InlineData("rt-secret-another", 60, "acct-2")]
    public async Task Anything_else_at_the_source_is_left_alone_and_the_login_is_kept_and_named(string refresh, int minutes, string account)
    {
        var other = SomeLogin.Text(refresh, SomeLogin.Noon.AddMinutes(minutes), account: account);
        await StoreAsync(other);

        var said = await ReturnAsync();

        Assert.Contains($"{SomeLogin.Name} was refreshed and is not written back: ", said, StringComparison.Ordinal);
        Assert.Contains("holds something else by now than this run took from there", said, StringComparison.Ordinal);
        Assert.Equal(other, await StoredAsync());
        AssertKept(said);
    }

    [Fact]
    public async Task A_store_that_fails_keeps_the_login_for_its_owner_alone_and_says_where()
    {
        await StoreAsync(_was);
        await BreakAsync();

        var said = await ReturnAsync();

        AssertKept(said);
    }

    [Fact]
    public async Task What_was_kept_goes_once_the_store_takes_it()
    {
        await StoreAsync(_was);
        await BreakAsync();
        Assert.NotNull(await ReturnAsync());
        await StoreAsync(_was);

        Assert.Null(await ReturnAsync());

        Assert.Equal(_rotated, await StoredAsync());
        Assert.False(File.Exists(Kept));
    }

    public abstract ValueTask InitializeAsync();

    public virtual ValueTask DisposeAsync()
    {
        _home.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>How often the store was written to.</summary>
    private protected abstract object Writes { get; }

    private protected abstract IKeyStore Store { get; }

    /// <summary>Makes the store whole, with a login and somebody else's key.</summary>
    private protected abstract Task StoreAsync(string login);

    /// <summary>What somebody else reads there.</summary>
    private protected abstract Task<string?> StoredAsync(string name = SomeLogin.Name);

    /// <summary>Makes every write fail.</summary>
    private protected abstract Task BreakAsync();

    private protected Task<string?> ReturnAsync() => new LoginReturn(SomeLogin.Name, Store, Safe).ReturnAsync(SomeLogin.Of(_was), SomeLogin.Of(_rotated), Cancelled);

    private protected void AssertKept(string? said)
    {
        Assert.NotNull(said);
        Assert.Contains($"It lies in {Kept}, for its owner alone: the next live run on this machine writes it back", said, StringComparison.Ordinal);
        Assert.DoesNotContain("rt-secret", said, StringComparison.Ordinal);
        Assert.Equal(_rotated, File.ReadAllText(Kept));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Kept));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Kept)!));
        }
    }
}
