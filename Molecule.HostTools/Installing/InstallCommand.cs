using System.Collections.Immutable;
using System.CommandLine;

namespace Molecule.HostTools.Installing;

/// <summary><c>install runtimes</c>, <c>install postgres</c> and <c>install novnc</c>: the last lines on stdout are the paths of the manifests.</summary>
public static class InstallCommand
{
    public static Command Create() => new("install", "Installs pinned programs into the cache of this machine ($MOLECULE_CACHE).")
    {
        Verb("runtimes", "The agent programs; of MOLECULE_RUNTIMES alone where that is set.", RuntimeSets.Asked),
        Verb("postgres", "PostgreSQL's programs.", static _ => [PackageSet.Postgres]),
        Verb("novnc", "The client of desktops in the browser.", static _ => [PackageSet.NoVnc]),
    };

    private static Command Verb(string name, string description, Func<Func<string, string?>, ImmutableArray<PackageSet>> sets)
    {
        var verb = new Command(name, description);
        verb.SetAction(async (_, cancellationToken) =>
            await RunAsync(sets(Environment.GetEnvironmentVariable), Console.Out, Console.Error, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false));
        return verb;
    }

    /// <summary>Installs and reports.</summary>
    /// <returns>0, 1 when told to stop, or 2 where this machine cannot have it.</returns>
    public static async Task<int> RunAsync(ImmutableArray<PackageSet> sets, TextWriter output, TextWriter errors, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        using var stop = new StopSignals(cancellationToken);
        foreach (var set in sets)
        {
            try
            {
                var cache = CacheFolder.Resolve(environment, Environment.IsPrivilegedProcess);
                await new PackageInstaller(cache, output, TimeProvider.System, environment).InstallAsync(set, stop.Token).ConfigureAwait(false);
                await output.WriteLineAsync(cache.ManifestOf(set)).ConfigureAwait(false);
            }
            catch (InstallException e)
            {
                await errors.WriteLineAsync($"{set.Name}: {e.Message}").ConfigureAwait(false);
                return 2;
            }
            catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
            {
                await errors.WriteLineAsync($"{set.Name}: told to stop; it was not installed.").ConfigureAwait(false);
                return 1;
            }
        }

        return 0;
    }
}
