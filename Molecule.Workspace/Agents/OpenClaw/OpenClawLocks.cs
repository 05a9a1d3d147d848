using System.Security.Cryptography;
using System.Text;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>
/// The lock files that a gateway leaves in /tmp, wherever TMPDIR points (read in openclaw 2026.9.6, state-database-coordinator-paths):
/// <c>openclaw-state-locks-UID/KIND.HASH.lock.sqlite</c>, HASH the first 8 digits of the SHA-256 of a database's path.
/// </summary>
internal static class OpenClawLocks
{
    private const int HashDigits = 8;

    /// <summary>Removes those of a state folder whose gateway has ended.</summary>
    public static void Remove(string state)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var hashes = new[] { "state/openclaw.sqlite", "agents/main/agent/openclaw-agent.sqlite" }
            .Select(database => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.Combine(state, database))))[..HashDigits]);
        foreach (var folder in Directory.EnumerateDirectories("/tmp", "openclaw-state-locks-*"))
        {
            foreach (var file in hashes.SelectMany(hash => Directory.EnumerateFiles(folder, $"*.{hash}.lock.sqlite*", new EnumerationOptions { IgnoreInaccessible = true })))
            {
                File.Delete(file);
            }
        }
    }
}
