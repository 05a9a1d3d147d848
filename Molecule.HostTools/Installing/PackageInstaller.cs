using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.HostTools.Installing;

/// <summary>
/// Installs a set of packages into the cache, once per lock file: into a folder of its own first, which is renamed when
/// every program in it has been verified. A folder without `.partial` in its name is therefore whole.
/// </summary>
public sealed class PackageInstaller(CacheFolder cache, TextWriter progress, TimeProvider time, Func<string, string?> environment)
{
    /// <summary>The manifest's name in the set's folder (<see cref="Molecule.Contracts.Engines.EngineManifest"/>).</summary>
    public const string ManifestName = "engines.json";

    private static readonly TimeSpan LockLimit = TimeSpan.FromMinutes(12);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Makes sure that the set is installed.</summary>
    /// <returns>The set's folder; the manifest lies in it.</returns>
    /// <exception cref="InstallException">This machine cannot have it; the message says why and what to do.</exception>
    public async Task<string> InstallAsync(PackageSet set, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture is not Architecture.X64)
        {
            throw new InstallException(
                $"{set.Name} are packages for linux-x64; this is {RuntimeInformation.RuntimeIdentifier}. Run on linux-x64 (a container or WSL 2 will do).");
        }

        var node = set.RunBy is { } runner ? NodeIn(runner, await InstallAsync(runner, cancellationToken).ConfigureAwait(false)) : null;
        var folder = cache.Combine(set.FolderName);
        if (VerifiedRecord.Holds(set, folder))
        {
            return folder;
        }

        using var held = await CacheLock.TakeAsync(cache, set.FolderName, LockLimit, progress, time, cancellationToken).ConfigureAwait(false);
        if (VerifiedRecord.Holds(set, folder))
        {
            return folder;
        }

        try
        {
            if (Directory.Exists(folder))
            {
                await VerifyAgainAsync(set, node, folder, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await FetchAsync(set, node, folder, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw cache.NotWritable(e);
        }
        catch (IOException e)
        {
            throw new InstallException($"{set.Name} cannot be put into the cache '{cache.Path}': {e.Message}", e);
        }

        return folder;
    }

    private static string NodeIn(PackageSet runner, string folder) => Path.Combine(folder, "node_modules", runner.ReadEngines().Engines.Single().Program);

    private static async Task PutOwnFilesAsync(PackageSet set, string folder, CancellationToken cancellationToken)
    {
        foreach (var (path, text) in set.OwnFiles)
        {
            var file = Path.Combine(folder, "node_modules", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task VerifyAgainAsync(PackageSet set, string? node, string folder, CancellationToken cancellationToken)
    {
        await SayAsync(set, "the programs in the cache have changed since they were verified; verifying them again").ConfigureAwait(false);
        var manifest = await new EngineVerifier(set, node).VerifyAsync(folder, folder, [], cancellationToken).ConfigureAwait(false);
        VerifiedRecord.Take(set, folder).Write(folder, manifest);
    }

    private async Task FetchAsync(PackageSet set, string? node, string folder, CancellationToken cancellationToken)
    {
        var npm = Npm.Find(environment, node);
        var engines = set.ReadEngines();
        RequireRoom(set, engines.RoomMegabytes);
        foreach (var left in Directory.EnumerateDirectories(cache.Path, $"{set.FolderName}.*.partial"))
        {
            Directory.Delete(left, recursive: true);
        }

        var started = time.GetTimestamp();
        var partial = $"{folder}.{Environment.ProcessId}.partial";
        Directory.CreateDirectory(partial);
        try
        {
            await SayAsync(set, $"fetching {(engines.Engines.IsEmpty ? set.Name : string.Join(", ", engines.Engines.Select(static e => $"{e.Name} {e.Version}")))} into '{folder}'").ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(partial, "package.json"), set.PackageJson, cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(partial, "package-lock.json"), set.LockJson, cancellationToken).ConfigureAwait(false);

            var complaints = await WithProgressAsync(set, npm.InstallAsync(partial, time, cancellationToken), started, cancellationToken).ConfigureAwait(false);
            MakeLinks(partial, engines.LinkLists, complaints);
            await PutOwnFilesAsync(set, partial, cancellationToken).ConfigureAwait(false);
            CacheFolder.OpenToAll(partial);

            await SayAsync(set, "verifying").ConfigureAwait(false);
            var manifest = await new EngineVerifier(set, node).VerifyAsync(partial, folder, complaints, cancellationToken).ConfigureAwait(false);
            VerifiedRecord.Take(set, partial).Write(partial, manifest);
            Directory.Move(partial, folder);
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }

        await SayAsync(set, $"installed and verified in {time.GetElapsedTime(started).TotalSeconds:0.0} s").ConfigureAwait(false);
    }

    private async Task<T> WithProgressAsync<T>(PackageSet set, Task<T> work, long started, CancellationToken cancellationToken)
    {
        while (await Task.WhenAny(work, Task.Delay(BetweenLines, time, cancellationToken)).ConfigureAwait(false) != work)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await SayAsync(set, $"still fetching ({time.GetElapsedTime(started).TotalSeconds:0} s)").ConfigureAwait(false);
        }

        return await work.ConfigureAwait(false);
    }

    private void RequireRoom(PackageSet set, int megabytes)
    {
        var free = new DriveInfo(cache.Path).AvailableFreeSpace >> 20;
        if (free < megabytes)
        {
            throw new InstallException(
                $"The cache '{cache.Path}' needs {megabytes} MB of room for {set.Name}, and {free} MB are free. Free some, or set MOLECULE_CACHE to a folder on another disk.");
        }
    }

    // A package's install script would do this; no script is run (spec/driving-the-runtimes.md 6).
    private static void MakeLinks(string folder, ImmutableArray<LinkList> lists, ImmutableArray<string> complaints)
    {
        foreach (var (package, list) in lists)
        {
            var root = Path.Combine(folder, "node_modules", package);
            var file = Path.Combine(root, list);
            if (!File.Exists(file))
            {
                throw new InstallException($"The package {package} did not come whole: '{list}' is missing. {Npm.Explain(complaints)}");
            }

            foreach (var (source, target) in JsonSerializer.Deserialize<ImmutableArray<Link>>(File.ReadAllText(file), ContractJson.Compact))
            {
                var link = Path.Combine(root, target);
                File.Delete(link);
                File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    private Task SayAsync(PackageSet set, string text) => progress.WriteLineAsync($"{set.Name}: {text}");

    private sealed record Link(string Source, string Target);
}
