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
    /// <param name="folder">The folder.</param>
    /// <param name="time">The clock of the limit.</param>
    /// <param name="cancellationToken">Ends npm.</param>
    /// <returns>
    /// What npm complained of. It ends well although an optional package could not be fetched, was damaged or did not fit
    /// on the disk (measured, npm 11.19.1), so the caller must look at what came and use this as the reason.
    /// </returns>
    /// <exception cref="InstallException">npm failed, or took longer than ten minutes.</exception>
    public async Task<ImmutableArray<string>> InstallAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        var complaints = new List<string>();
        using var tooLong = new CancellationTokenSource(Limit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLong.Token);
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
            _ when said.Contains("EUSAGE", StringComparison.Ordinal) => "package-lock.json does not match its package.json below runtimes/: bring both back from git, or write the lock anew with npm install --package-lock-only.",
            _ when said.StartsWith("env: ", StringComparison.Ordinal) || said.Contains("/env: ", StringComparison.Ordinal) => "npm runs on Node.js, which was not found on PATH: install Node.js 20 or later.",
            _ => "npm said why:",
        };
        return $"{advice}{Environment.NewLine}{said}";
    }

    // The last: what env(1) says of a program that begins with "#!/usr/bin/env node" where there is no node.
    [GeneratedRegex(@"^npm (error|ERR!)(?! A complete log of this run)|failed with E|failed optional dependency|ENOSPC|EINTEGRITY|^(/\S+/)?env: ")]
    private static partial Regex Complaint();

    [GeneratedRegex("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|CERT")]
    private static partial Regex Unreachable();
}
