using System.Security.Cryptography;
using System.Text;

namespace Molecule.ControlPlane.Tokens;

/// <summary>Tokens as spec/control-plane.md 2.1 makes them: 32 random bytes in base64url without padding, 43 characters. Only the SHA-256 is stored.</summary>
public static class TokenHash
{
    public static string NewToken() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static byte[] Of(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Compares in a time that does not tell how much is equal.</summary>
    public static bool Same(string expected, string sent) => CryptographicOperations.FixedTimeEquals(Of(expected), Of(sent));
}
