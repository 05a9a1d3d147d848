using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Molecule.Contracts.Engines;
using Molecule.Processes.Peers;

namespace Molecule.HostTools.Installing;

/// <summary>Checks that the programs in a folder are the locked ones: their bytes, and the version that each prints itself.</summary>
/// <param name="set">The set.</param>
/// <param name="node">The Node.js that runs the set's programs; null where they run by themselves.</param>
public sealed partial class EngineVerifier(PackageSet set, string? node)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    /// <summary>Verifies every program of the set below <paramref name="folder"/>; the entries carry their paths below <paramref name="finalFolder"/>.</summary>
    /// <param name="complaints">What npm complained of, for the reason where a program is missing.</param>
    /// <exception cref="InstallException">A program is missing, is another one, or says another version.</exception>
    public async Task<EngineManifest> VerifyAsync(string folder, string finalFolder, ImmutableArray<string> complaints, CancellationToken cancellationToken)
    {
        var engines = set.ReadEngines().Engines;
        var verified = await Task.WhenAll(engines.Select(async engine =>
        {
            var program = Path.Combine(folder, "node_modules", engine.Program);
            if (!File.Exists(program))
            {
                throw new InstallException(
                    $"{engine.Name} {engine.Version} did not come with its package: '{engine.Program}' is missing in '{folder}'. {Npm.Explain(complaints)}");
            }

            await CheckBytesAsync(engine, program, complaints, cancellationToken).ConfigureAwait(false);
            await CheckVersionAsync(engine, program, cancellationToken).ConfigureAwait(false);

            // After the first run: openclaw then takes a note of its pending installation out of its package (measured, 2026.9.6).
            CheckTree(engine, folder, complaints);
            return new InstalledEngine(engine.Name, engine.Version, Path.Combine(finalFolder, "node_modules", engine.Program), engine.Sha256, node);
        })).ConfigureAwait(false);
        return new EngineManifest([.. verified]);
    }

    private async Task CheckBytesAsync(LockedEngine engine, string program, ImmutableArray<string> complaints, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(program, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, useAsync: false);
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        if (found != engine.Sha256)
        {
            throw new InstallException(
                $"{engine.Name} {engine.Version} at '{program}' is not the locked program: its sha256 is {found}, engines.json of {set.Name} says {engine.Sha256}. " +
                "Delete its folder in the cache and install again." +
                (complaints.IsEmpty ? "" : $" {Npm.Explain(complaints)}"));
        }
    }

    private void CheckTree(LockedEngine engine, string folder, ImmutableArray<string> complaints)
    {
        if (engine.Tree is { } locked && PackageTree.DigestOf(Path.Combine(folder, PackageTree.FolderName)) is var found && found != locked)
        {
            throw new InstallException(
                $"The packages of {engine.Name} {engine.Version} in '{folder}' are not the locked ones: their digest is {found}, engines.json of {set.Name} says {locked}. " +
                "Delete their folder in the cache and install again." +
                (complaints.IsEmpty ? "" : $" {Npm.Explain(complaints)}"));
        }
    }

    private async Task CheckVersionAsync(LockedEngine engine, string program, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        var home = Directory.CreateTempSubdirectory("molecule-version-");
        try
        {
            var answer = await Cli.Wrap(node ?? program)
                .WithArguments(node is null ? ["--version"] : [program, "--version"])
                .WithWorkingDirectory(home.FullName)
                .WithEnvironmentVariables(variables => variables.Set("HOME", home.FullName))
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token).ConfigureAwait(false);
            var found = Version().Match(answer.StandardOutput).Value;
            if (answer.ExitCode != 0 || found != engine.Version)
            {
                throw new InstallException(
                    $"{engine.Name} at '{program}' says its version is '{answer.StandardOutput.Trim()}' (exit code {answer.ExitCode}), engines.json of {set.Name} says {engine.Version}." +
                    (answer.StandardError.Length > 0 ? $" It also said: {answer.StandardError.Trim()}" : ""));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InstallException($"{engine.Name} at '{program}' did not answer --version within {AnswerLimit.TotalSeconds:0} s.");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InstallException($"{engine.Name} at '{program}' cannot be started: {e.Message}", e);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    // "2.1.330 (Claude Code)", "codex-cli 0.169.0", "postgres (PostgreSQL) 18.4" (measured).
    [GeneratedRegex(@"\d+\.\d+[0-9A-Za-z.+-]*")]
    private static partial Regex Version();
}
