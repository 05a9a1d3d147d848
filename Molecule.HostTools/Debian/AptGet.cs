using CliWrap;

namespace Molecule.HostTools.Debian;

/// <summary>Installs packages of Debian's. <c>setup</c> alone may use it.</summary>
/// <param name="log">The file that apt-get's own output is appended to.</param>
public sealed class AptGet(string log)
{
    /// <summary>For each of apt-get's two steps.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Why nothing can be installed on this machine, as the second half of a sentence; null where it can.</summary>
    public static string? Cannot() =>
        !OperatingSystem.IsLinux() || !File.Exists("/etc/debian_version") ? "only a Debian machine can be given one here; install one yourself"
        : !Environment.IsPrivilegedProcess ? "only root can install one; run './molecule setup' as root, or install one yourself"
        : !File.Exists("/usr/bin/apt-get") ? "there is no apt-get to install it with"
        : null;

    /// <summary>Installs packages with what they depend on.</summary>
    /// <returns>Null, or what went wrong, in a sentence.</returns>
    public async Task<string?> InstallAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        await using var output = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        foreach (var arguments in (string[][])[["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", .. packages]])
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Limit);
            try
            {
                var result = await Cli.Wrap("apt-get").WithArguments(arguments)
                    .WithEnvironmentVariables(static v => v.Set("DEBIAN_FRONTEND", "noninteractive"))
                    .WithStandardOutputPipe(PipeTarget.ToStream(output)).WithStandardErrorPipe(PipeTarget.ToStream(output))
                    .WithValidation(CommandResultValidation.None)
                    .ExecuteAsync(limit.Token).ConfigureAwait(false);

                // A stale list of packages may still do.
                if (result.ExitCode != 0 && arguments[0] == "install")
                {
                    return $"{string.Join(", ", packages)} could not be installed; '{log}' says why";
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return $"apt-get {arguments[0]} did not end within {Limit.TotalMinutes:0} minutes";
            }
        }

        return null;
    }
}
