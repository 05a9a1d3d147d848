using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.Registry.Mirror;

/// <summary>A registry file as its bytes are, and what they say.</summary>
/// <param name="Name">As it shall stand in messages.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Registry">What it says.</param>
public sealed record RegistrySource(string Name, ImmutableArray<byte> Bytes, ProviderRegistry Registry)
{
    /// <summary>Over the bytes, lower-case hex: a comment changes it.</summary>
    public string Sha256 { get; } = Hash(Bytes.AsSpan());

    /// <summary>Over the data: a comment does not change it.</summary>
    public string Fingerprint { get; } = RegistryFingerprint.Of(Registry);

    /// <summary>Reads the file.</summary>
    /// <exception cref="RegistryFormatException">It is no registry.</exception>
    public static RegistrySource Read(string name, ReadOnlySpan<byte> bytes) => new(name, [.. bytes], RegistryReader.Read(TextOf(bytes), name));

    /// <summary>Sha-256, lower-case hex.</summary>
    internal static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>UTF-8; a byte order mark is no part of the text.</summary>
    internal static string TextOf(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
}
