using System.Security.Cryptography;
using System.Text;

namespace Molecule.ControlPlane.Secrets;

/// <summary>Secrets at rest (spec/control-plane.md 9.1): AES-256-GCM behind a 12-byte nonce; without a key, plain text.</summary>
/// <remarks>Stored as nonce, ciphertext, 16-byte tag.</remarks>
public sealed class SecretCipher(Settings settings)
{
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Plain = 0;
    private const int Gcm = 1;

    private readonly byte[]? _key = settings.SecretsKey?.ToArray();

    /// <summary>What is stored, and the version that says how.</summary>
    public (byte[] Stored, int Version) Encrypt(string value)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        if (_key is null)
        {
            return (plain, Plain);
        }

        var stored = new byte[NonceLength + plain.Length + TagLength];
        var nonce = stored.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(_key, TagLength);
        gcm.Encrypt(nonce, plain, stored.AsSpan(NonceLength, plain.Length), stored.AsSpan(NonceLength + plain.Length));
        return (stored, Gcm);
    }

    /// <summary>The value; null where it cannot be read with this key.</summary>
    public string? Decrypt(byte[] stored, int version)
    {
        ArgumentNullException.ThrowIfNull(stored);
        if (version == Plain)
        {
            return Encoding.UTF8.GetString(stored);
        }

        if (version != Gcm || _key is null || stored.Length < NonceLength + TagLength)
        {
            return null;
        }

        var plain = new byte[stored.Length - NonceLength - TagLength];
        try
        {
            using var gcm = new AesGcm(_key, TagLength);
            gcm.Decrypt(stored.AsSpan(0, NonceLength), stored.AsSpan(NonceLength, plain.Length), stored.AsSpan(NonceLength + plain.Length), plain);
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
