using CliWrap;
using Molecule.Harness.Runs;

namespace Molecule.Tests.Integrity;

/// <summary>A checkout's artifacts/ as a tmpfs of a few pages, seen by one process and its children alone: a mount namespace of their own, which ends with them.</summary>
public static class SmallDisk
{
    /// <summary>
    /// A shell command in which <c>$@</c> is <paramref name="arguments"/>, with <paramref name="environment"/> and nothing of this process's own: what is
    /// asked of this run is not asked of that one.
    /// </summary>
    public static Command Run(Repository repository, int kibibytes, string shell, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment)
    {
        Directory.CreateDirectory(repository.Artifacts);
        string[] apart = Environment.IsPrivilegedProcess ? ["-m"] : ["-r", "-m"];
        return CliWrap.Cli.Wrap("unshare")
            .WithArguments([.. apart, "sh", "-c", $"mount -t tmpfs -o size={kibibytes}k tmpfs '{repository.Artifacts}' || exit 99; {shell}", "sh", .. arguments])
            .WithEnvironmentVariables(set =>
            {
                foreach (string name in Environment.GetEnvironmentVariables().Keys)
                {
                    set.Set(name, null);
                }

                foreach (var (name, value) in environment)
                {
                    set.Set(name, value);
                }
            })
            .WithValidation(CommandResultValidation.None);
    }
}
