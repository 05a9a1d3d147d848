using System.Security.Cryptography;
using System.Text;

namespace Molecule.Contracts.Journal;

/// <summary>What may be written down of a credential: the first 16 hex digits of its SHA-256.</summary>
public static class CredentialFingerprint
{
    public static string Of(string credential)
    {
        ArgumentException.ThrowIfNullOrEmpty(credential);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(credential)).AsSpan(0, 8));
    }
}
