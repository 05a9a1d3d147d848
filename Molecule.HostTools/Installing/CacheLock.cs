namespace Molecule.HostTools.Installing;

/// <summary>One installer of a set at a time on this machine: an advisory lock on a file, freed by the kernel when its holder ends.</summary>
public sealed class CacheLock : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private readonly FileStream _file;

    private CacheLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, waiting for whoever has it and saying so every five seconds.</summary>
    /// <exception cref="InstallException">The cache cannot be written, or the lock was not free within the limit.</exception>
    public static async Task<CacheLock> TakeAsync(
        CacheFolder cache, string name, TimeSpan limit, TextWriter progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = cache.Combine($"{name}.lock");
        var started = time.GetTimestamp();
        var nextLine = TimeSpan.Zero;
        while (true)
        {
            if (TryTake(cache, path) is { } file)
            {
                return new CacheLock(file);
            }

            var waited = time.GetElapsedTime(started);
            if (waited > limit)
            {
                throw new InstallException(
                    $"Another installer has held '{path}' for {limit.TotalSeconds:0} s. See what it is doing (its process has that file open), end it, and try again.");
            }

            if (waited >= nextLine)
            {
                await progress.WriteLineAsync($"{name}: another installer is at work, waiting ({waited.TotalSeconds:0} s)".AsMemory(), cancellationToken).ConfigureAwait(false);
                nextLine = waited + BetweenLines;
            }

            await Task.Delay(Between, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static FileStream? TryTake(CacheFolder cache, string path)
    {
        cache.Create();
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Linux; children do not inherit it.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException || (e is IOException && !IsHeld(e)))
        {
            throw cache.NotWritable(e);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // EWOULDBLOCK of flock(2), which .NET hands on as the error's number.
    private static bool IsHeld(Exception e) => (e.HResult & 0xFFFF) == 11;

    public void Dispose() => _file.Dispose();
}
