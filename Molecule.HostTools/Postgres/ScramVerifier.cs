using System.Globalization;
using System.Security.Cryptography;

namespace Molecule.HostTools.Postgres;

/// <summary>
/// What PostgreSQL keeps instead of a password: `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`, which it takes in ALTER ROLE
/// as it is. So the password itself stands in no file, argument or log.
/// </summary>
/// <remarks>RFC 5802 section 3; https://www.postgresql.org/docs/18/catalog-pg-authid.html</remarks>
/// <param name="Text">The verifier.</param>
public sealed record ScramVerifier(string Text)
{
    private const int Iterations = 4096;
    private const int SaltBytes = 16;

    /// <summary>A verifier with fresh salt.</summary>
    /// <exception cref="PostgresUnavailableException">The password is empty, or holds a character that clients would normalise first (RFC 4013).</exception>
    public static ScramVerifier For(string password) => For(password, RandomNumberGenerator.GetBytes(SaltBytes));

    /// <summary>Whether this verifier is that password's.</summary>
    public bool Fits(string password)
    {
        var parts = Text.Split('$', ':');
        return parts.Length == 5 && For(password, Convert.FromBase64String(parts[2])).Text == Text;
    }

    private static ScramVerifier For(string password, byte[] salt)
    {
        if (password.Length == 0 || password.Any(static c => c is < ' ' or > '~'))
        {
            throw new PostgresUnavailableException("The password of PostgreSQL must be one or more printable ASCII characters.");
        }

        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return new ScramVerifier(string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}"));
    }
}
