using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Molecule.ControlPlane.Desktop.Agent;

/// <summary>Writes a picture as PNG (https://www.w3.org/TR/png-3/).</summary>
internal static class PngFile
{
    private static readonly byte[] _signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>The file's bytes.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rgb">Three bytes a pixel, row by row.</param>
    public static byte[] Of(int width, int height, ReadOnlySpan<byte> rgb)
    {
        using var file = new MemoryStream();
        file.Write(_signature);

        // 11.2.1: size, 8 bits a sample, colour type 2 (truecolour), and the only compression and filter method; not interlaced.
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, 2);
        Write(file, "IHDR"u8, header);

        // 9.2: each row behind its filter type, 0 for none; 10.1: compressed as zlib does.
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                compressed.WriteByte(0);
                compressed.Write(rgb.Slice(3 * width * row, 3 * width));
            }
        }

        Write(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    // 5.3: length, type, data, and a CRC-32 over type and data; numbers are big-endian.
    private static void Write(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
