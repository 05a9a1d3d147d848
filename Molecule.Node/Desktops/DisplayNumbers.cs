using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.Node.Desktops;

/// <summary>
/// Which display numbers a desktop tries. They follow from its socket's path, which no other desktop of this machine has: the first number that is free would
/// be given to the next desktop while this one's server is being started again, and its workspace's programs know no other.
/// </summary>
public static class DisplayNumbers
{
    // People's own displays begin at 0, those that ssh forwards at 10; a server takes no number whose TCP port, 6000 more, would be none.
    private const int First = 100;
    private const int Count = 59_000;

    /// <summary>The numbers in the order in which they are tried: always the same of one path, 100 to 59,099.</summary>
    public static IEnumerable<int> Of(string socket)
    {
        var start = BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(socket))) % Count;
        for (var i = 0; i < Count; i++)
        {
            yield return First + (int)((start + i) % Count);
        }
    }
}
