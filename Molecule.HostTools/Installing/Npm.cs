using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CliWrap;

namespace Molecule.HostTools.Installing;

/// <summary>npm, as found on PATH: fetches what a lock file names, runs no package's scripts.</summary>
public sealed partial class Npm
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly string _program;
    private readonly string _path;

    private Npm(string program, string path) => (_program, _path) = (program, path);

    /// <summary>Looks npm up on PATH.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="node">The Node.js that npm has to run on; null for the one on PATH.</param>
    /// <exception cref="InstallException">It is not there.</exception>
    public static Npm Find(Func<string, string?> environment, string? node = null)
    {
        var path = environment("PATH") ?? "";
        foreach (var folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Path.Combine(folder, "npm");
            if (File.Exists(candidate))
            {
                return new Npm(candidate, node is null ? path : $"{Path.GetDirectoryName(node)}{Path.PathSeparator}{path}");
            }
        }

        throw new InstallException("npm was not found on PATH. Install Node.js 20 or later, which brings it, and try again.");
    }

    /// <summary>
    /// Runs <c>npm ci</c> in a folder that holds package.json and package-lock.json.
    /// </summary>
    /// <returns>
    /// What npm complained of. It ends well although an optional package could not be fetched, was damaged or did not fit
    /// on the disk (measured, npm 11.19.1), so the caller must look at what came and use this as the reason.
    /// </returns>
    /// <exception cref="InstallException">npm failed, or took longer than ten minutes.</exception>
    public async Task<ImmutableArray<string>> InstallAsync(string folder, CancellationToken cancellationToken)
    {
        var complaints = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var result = await Cli.Wrap(_program)
                .WithArguments(["ci", "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--no-progress", "--no-update-notifier", "--fetch-retries=1", "--loglevel=verbose"])
                .WithWorkingDirectory(folder)
                .WithEnvironmentVariables(variables => variables.Set("PATH", _path))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(line =>
                {
                    if (Complaint().IsMatch(line) && complaints.Count < 10)
                    {
                        complaints.Add(line);
                    }
                }))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(limit.Token).ConfigureAwait(false);
            return result.ExitCode == 0
                ? [.. complaints]
                : throw new InstallException($"npm ci ended with {result.ExitCode}. {Explain([.. complaints])}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InstallException($"npm ci did not end within {Limit.TotalMinutes:0} minutes. {Explain([.. complaints])}");
        }
    }

    /// <summary>The complaints as a sentence that says what to do.</summary>
    public static string Explain(ImmutableArray<string> complaints)
    {
        if (complaints.IsEmpty)
        {
            return "npm gave no reason.";
        }

        var said = string.Join(Environment.NewLine, complaints);
        var advice = said switch
        {
            _ when said.Contains("ENOSPC", StringComparison.Ordinal) => "The disk is full: free some room.",
            _ when Unreachable().IsMatch(said) => "npm's registry cannot be reached: check the network and npm's `registry` and proxy settings.",
            _ when said.Contains("EINTEGRITY", StringComparison.Ordinal) => "A package is not the one that was locked.",
            _ => "npm said why:",
        };
        return $"{advice}{Environment.NewLine}{said}";
    }

    [GeneratedRegex(@"^npm (error|ERR!)(?! A complete log of this run)|failed with E|failed optional dependency|ENOSPC|EINTEGRITY")]
    private static partial Regex Complaint();

    [GeneratedRegex("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|CERT")]
    private static partial Regex Unreachable();
}
