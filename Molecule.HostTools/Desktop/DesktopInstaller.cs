using System.Collections.Immutable;
using Molecule.Contracts.Desktop;
using Molecule.HostTools.Debian;
using Molecule.HostTools.Installing;

namespace Molecule.HostTools.Desktop;

/// <summary>
/// Gives a Debian machine what a workspace's desktop is made of, and the browser of its test, by apt. For root alone; a machine it can do nothing
/// for is told so and left as it is.
/// </summary>
public sealed class DesktopInstaller(CacheFolder cache, TextWriter progress, TimeProvider time)
{
    // xkb-data: Xvnc compiles its keyboard from it. The rest of what each needs is Debian's to say.
    private static readonly string[] _packages = ["tigervnc-standalone-server", "xkb-data", "xterm", "chromium"];

    /// <summary>Installs what is missing.</summary>
    /// <returns>Whether all of it is there.</returns>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        if (Missing() is [])
        {
            return await SayAsync($"desktop: {string.Join(", ", DesktopPrograms.All)} are there").ConfigureAwait(false);
        }

        if (AptGet.Cannot() is { } why)
        {
            return await LacksAsync(why).ConfigureAwait(false);
        }

        var folder = cache.Combine("desktop");
        Directory.CreateDirectory(folder);
        using var alone = await CacheLock.TakeAsync(cache, "desktop", 2 * AptGet.Limit, progress, time, cancellationToken).ConfigureAwait(false);
        if (Missing() is not [])
        {
            await SayAsync($"installing Debian's {string.Join(", ", _packages)}, about 400 MB; this takes up to some minutes").ConfigureAwait(false);
            if (await new AptGet(Path.Combine(folder, "apt.log")).InstallAsync(_packages, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                return await LacksAsync(problem).ConfigureAwait(false);
            }
        }

        return Missing() is []
            ? await SayAsync($"desktop: {string.Join(", ", DesktopPrograms.All)} are installed").ConfigureAwait(false)
            : await LacksAsync("apt-get installed the packages that should hold them").ConfigureAwait(false);
    }

    private static ImmutableArray<string> Missing() => DesktopPrograms.Missing(DesktopPrograms.All, Environment.GetEnvironmentVariable("PATH"), File.Exists);

    private async Task<bool> LacksAsync(string why)
    {
        await SayAsync($"no desktop: {string.Join(", ", Missing())} not on PATH, and {why}. What needs a desktop stays unchecked.").ConfigureAwait(false);
        return false;
    }

    private async Task<bool> SayAsync(string line)
    {
        await progress.WriteLineAsync($"setup: {line}").ConfigureAwait(false);
        return true;
    }
}
