using System.Runtime.InteropServices;

namespace Molecule.HostTools.Postgres;

/// <summary>
/// The user that PostgreSQL's programs run as: they refuse to run as root (spec/driving-the-runtimes.md 6), so as root it is
/// `nobody`, else the present user.
/// </summary>
public sealed partial class ServerAccount
{
    // nobody's id on every Linux distribution; its group's name differs (nogroup, nobody), the number does not.
    private const int Nobody = 65534;

    /// <summary>The account on this machine, for this process.</summary>
    public static ServerAccount Present { get; } = new(Environment.IsPrivilegedProcess);

    private readonly bool _other;

    private ServerAccount(bool other) => _other = other;

    /// <summary>A word for file names: whose files they are.</summary>
    public string Label => _other ? "nobody" : Environment.UserName;

    /// <summary>The arguments of setpriv that make a program run as this account.</summary>
    public IEnumerable<string> SetprivArguments =>
        _other ? [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"] : [];

    /// <summary>Gives a file or an empty folder to this account.</summary>
    public void Give(string path)
    {
        if (_other && ChangeOwner(path, Nobody, Nobody) != 0)
        {
            throw new IOException($"'{path}' cannot be given to PostgreSQL's user: chown failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Checks that this account can enter every folder above a path.</summary>
    /// <exception cref="PostgresUnavailableException">It cannot; the folder is named.</exception>
    public void RequireWayTo(string path)
    {
        if (!_other)
        {
            return;
        }

        for (var folder = Path.GetDirectoryName(Path.GetFullPath(path)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(folder) && !File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
            {
                throw new PostgresUnavailableException(
                    $"PostgreSQL runs as the user nobody when started by root, and that user may not enter '{folder}', which lies above '{path}'. " +
                    $"Choose a folder elsewhere, or open it: chmod o+x '{folder}'.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int user, int group);
}
