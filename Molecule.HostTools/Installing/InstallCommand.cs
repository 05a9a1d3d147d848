using System.CommandLine;

namespace Molecule.HostTools.Installing;

/// <summary><c>install runtimes</c> and <c>install postgres</c>: the last line on stdout is the path of the manifest.</summary>
public static class InstallCommand
{
    public static Command Create() => new("install", "Installs pinned programs into the cache of this machine ($MOLECULE_CACHE).")
    {
        Verb("runtimes", "The agent programs.", PackageSet.Runtimes),
        Verb("postgres", "PostgreSQL's programs.", PackageSet.Postgres),
    };

    private static Command Verb(string name, string description, PackageSet set)
    {
        var verb = new Command(name, description);
        verb.SetAction(async (_, cancellationToken) => await RunAsync(set, Console.Out, Console.Error, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false));
        return verb;
    }

    /// <summary>Installs and reports.</summary>
    /// <returns>0, 1 when told to stop, or 2 where this machine cannot have it.</returns>
    public static async Task<int> RunAsync(PackageSet set, TextWriter output, TextWriter errors, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        using var stop = new StopSignals(cancellationToken);
        try
        {
            var cache = CacheFolder.Resolve(environment, Environment.IsPrivilegedProcess);
            await new PackageInstaller(cache, output, TimeProvider.System, environment).InstallAsync(set, stop.Token).ConfigureAwait(false);
            await output.WriteLineAsync(cache.ManifestOf(set)).ConfigureAwait(false);
            return 0;
        }
        catch (InstallException e)
        {
            await errors.WriteLineAsync($"{set.Name}: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            await errors.WriteLineAsync($"{set.Name}: told to stop; nothing was installed.").ConfigureAwait(false);
            return 1;
        }
    }
}
