using Molecule.Contracts.Journal;
using Molecule.Harness.Keys;

namespace Molecule.Harness.Logins;

/// <summary>
/// Where a refreshed login lies until it is back where it came from: in the user's own state folder, readable by its owner alone. No run's folder would do:
/// it is deleted, and its artefacts are searched for secrets.
/// </summary>
public sealed class LoginSafe(string folder)
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>That of this user; null where the user has no home.</summary>
    public static LoginSafe? OfThisUser(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);

        // https://specifications.freedesktop.org/basedir-spec/latest/: XDG_STATE_HOME, by default ~/.local/state.
        return (environment("XDG_STATE_HOME"), environment("HOME"), environment("LOCALAPPDATA")) switch
        {
            ({ Length: > 0 } state, _, _) when Path.IsPathRooted(state) => new(Path.Combine(state, "molecule-e2e", "logins")),
            (_, { Length: > 0 } home, _) => new(Path.Combine(home, ".local", "state", "molecule-e2e", "logins")),
            (_, _, { Length: > 0 } data) => new(Path.Combine(data, "molecule-e2e", "logins")),
            _ => null,
        };
    }

    /// <summary>Where a login of that name and account lies.</summary>
    public string PathOf(string name, ChatGptLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return Path.Combine(folder, $"{name}-{CredentialFingerprint.Of(login.Account)}.json");
    }

    /// <summary>Keeps a login, on the disk before it returns.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task KeepAsync(string name, ChatGptLogin login)
    {
        MakeFolder();

        // Never half-way: nothing else may hold it by now.
        await PrivateFile.WriteAsync(PathOf(name, login), login.Text, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>What is kept of an account; null where nothing is.</summary>
    public async Task<ChatGptLogin?> FindAsync(string name, ChatGptLogin login, CancellationToken cancellationToken)
    {
        try
        {
            return ChatGptLogin.TryRead(await File.ReadAllTextAsync(PathOf(name, login), cancellationToken).ConfigureAwait(false), out var kept) ? kept : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Forgets it: it is back where it came from.</summary>
    public void Drop(string name, ChatGptLogin login) => File.Delete(PathOf(name, login));

    /// <summary>One run of this user at a time refreshes a login.</summary>
    /// <exception cref="TimeoutException">Another one does, and does not end.</exception>
    public Task<FileStream> HoldAsync(string name, TimeProvider clock, CancellationToken cancellationToken)
    {
        MakeFolder();
        var path = Path.Combine(folder, $"{name}.lock");
        return Awaiting.UntilAsync(
            $"the lock {path}",
            _ =>
            {
                try
                {
                    return Task.FromResult<FileStream?>(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                }
                catch (IOException)
                {
                    return Task.FromResult<FileStream?>(null);
                }
            },
            static () => "another run holds it",
            _patience,
            clock,
            cancellationToken);
    }

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnersAlone);
        }
    }
}
