using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace Molecule.Harness.Runs;

/// <summary>Which source a run is of.</summary>
/// <param name="Commit">The commit checked out, or <c>none</c> outside a repository and where git is not on PATH.</param>
/// <param name="DirtyHash">SHA-256 over the uncommitted changes and the untracked files' names; null for a clean checkout.</param>
public sealed record Provenance(string Commit, string? DirtyHash)
{
    public static async Task<Provenance> OfAsync(Repository repository, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var head = await GitAsync(repository, ["rev-parse", "HEAD"], cancellationToken).ConfigureAwait(false);
        if (head is null)
        {
            return new Provenance("none", null);
        }

        var status = await GitAsync(repository, ["status", "--porcelain"], cancellationToken).ConfigureAwait(false) ?? "";
        if (status.Length == 0)
        {
            return new Provenance(head.Trim(), null);
        }

        var diff = await GitAsync(repository, ["diff", "HEAD"], cancellationToken).ConfigureAwait(false) ?? "";
        return new Provenance(head.Trim(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(status + diff))));
    }

    private static async Task<string?> GitAsync(Repository repository, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            var result = await CliWrap.Cli.Wrap("git")
                .WithArguments(arguments)
                .WithWorkingDirectory(repository.Root)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(cancellationToken)
                .ConfigureAwait(false);
            return result.ExitCode == 0 ? result.StandardOutput : null;
        }
        catch (Win32Exception)
        {
            // Not on PATH.
            return null;
        }
    }
}
