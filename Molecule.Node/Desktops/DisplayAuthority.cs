using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Molecule.Node.Desktops;

/// <summary>The cookie that opens a display, as Xlib and the X server read it: without one every program of this user could draw and type there.</summary>
public static class DisplayAuthority
{
    // FamilyWild of Xauth.h: whatever the host and the number, which the server has not chosen yet.
    private const ushort FamilyWild = 0xffff;
    private const int CookieLength = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly byte[] _name = "MIT-MAGIC-COOKIE-1"u8.ToArray();

    /// <summary>Writes a file with a fresh cookie, for its owner alone.</summary>
    public static void Write(string path)
    {
        // Xau(3): family, then address, number, name and data, each of the four a counted string; numbers are big-endian 16 bits.
        var entry = new byte[2 + 2 + 2 + 2 + _name.Length + 2 + CookieLength];
        BinaryPrimitives.WriteUInt16BigEndian(entry, FamilyWild);
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(6), (ushort)_name.Length);
        _name.CopyTo(entry.AsSpan(8));
        BinaryPrimitives.WriteUInt16BigEndian(entry.AsSpan(8 + _name.Length), CookieLength);
        RandomNumberGenerator.Fill(entry.AsSpan(^CookieLength..));
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(path, options);
        file.Write(entry);
    }
}
