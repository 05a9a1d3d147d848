using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;

namespace Molecule.Harness.Drift;

/// <summary>The names of members that a property's own code asks for: the texts that its getter loads (ECMA-335 III.4.16, ldstr).</summary>
internal static class ReadNames
{
    private const byte LoadText = 0x72;

    // ECMA-335 II.23.1.9: the token of a text begins with 0x70.
    private const uint TextToken = 0x70000000;

    private static readonly ConcurrentDictionary<PropertyInfo, ImmutableArray<string>> _known = new();

    public static ImmutableArray<string> Of(PropertyInfo property) => _known.GetOrAdd(property, static p => Read(p));

    private static ImmutableArray<string> Read(PropertyInfo property)
    {
        if (property.GetMethod is not { } getter || getter.GetParameters().Length > 0 || getter.GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            return [];
        }

        var names = ImmutableArray.CreateBuilder<string>();
        for (var at = 0; at + 4 < code.Length; at++)
        {
            if (code[at] == LoadText && BinaryPrimitives.ReadUInt32LittleEndian(code.AsSpan(at + 1)) is var token && (token & 0xFF000000) == TextToken)
            {
                names.Add(getter.Module.ResolveString((int)token));
                at += 4;
            }
        }

        return names.ToImmutable();
    }
}
