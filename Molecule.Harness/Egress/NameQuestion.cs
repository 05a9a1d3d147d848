using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Molecule.Harness.Egress;

/// <summary>A question for a name's addresses as it stands on the wire (RFC 1035, 4.1), and the answer to it.</summary>
public sealed class NameQuestion
{
    private const int HeaderLength = 12;
    private const ushort AddressRecord = 1;
    private const ushort AnsweredWithRecursion = 0x8180;

    private readonly byte[] _question;
    private readonly ushort _id;
    private readonly ushort _type;

    private NameQuestion(ushort id, string name, ushort type, byte[] question) => (_id, Name, _type, _question) = (id, name, type, question);

    /// <summary>The name that is asked for, without the dot at its end.</summary>
    public string Name { get; }

    /// <summary>Whether an IPv4 address is asked for.</summary>
    public bool IsForAddress => _type == AddressRecord;

    /// <summary>Reads a query's first question; null where the bytes are no query.</summary>
    public static NameQuestion? Parse(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderLength || (query[2] & 0x80) != 0 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) == 0)
        {
            return null;
        }

        var labels = new List<string>();
        var at = HeaderLength;
        while (at < query.Length && query[at] is not 0 and var length)
        {
            // 63 is the longest label; a pointer has nothing to point at in the first name of a message.
            if (length > 63 || at + 1 + length > query.Length)
            {
                return null;
            }

            labels.Add(Encoding.ASCII.GetString(query.Slice(at + 1, length)));
            at += 1 + length;
        }

        var end = at + 1 + (2 * sizeof(ushort));
        return end > query.Length
            ? null
            : new NameQuestion(
                BinaryPrimitives.ReadUInt16BigEndian(query),
                string.Join('.', labels),
                BinaryPrimitives.ReadUInt16BigEndian(query[(at + 1)..]),
                query[HeaderLength..end].ToArray());
    }

    /// <summary>The answer: the address where one was asked for, else that the name has nothing of the kind.</summary>
    public byte[] Answer(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        using var answer = new MemoryStream();
        using var writer = new BinaryWriter(answer);
        foreach (var part in (ReadOnlySpan<ushort>)[_id, AnsweredWithRecursion, 1, IsForAddress ? (ushort)1 : (ushort)0, 0, 0])
        {
            writer.Write(BinaryPrimitives.ReverseEndianness(part));
        }

        writer.Write(_question);
        if (IsForAddress)
        {
            // The name by a pointer to the question's, A, IN, one second to live, four bytes.
            writer.Write((ReadOnlySpan<byte>)[0xC0, HeaderLength, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
            writer.Write(address.GetAddressBytes());
        }

        writer.Flush();
        return answer.ToArray();
    }
}
