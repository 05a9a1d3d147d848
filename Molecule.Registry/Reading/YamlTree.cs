using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Molecule.Registry.Reading;

/// <summary>
/// Text -> tree over YamlDotNet's parser. Its own representation model stops at the first duplicate key; this one goes on,
/// so that a file's errors are seen at once.
/// </summary>
internal static class YamlTree
{
    /// <summary>Twice what the schema needs; without a bound a hostile mirror would end the process by a full stack.</summary>
    private const int DeepestLevel = 16;

    /// <summary>The one document's root; null, with the error noted, when there is none.</summary>
    public static YamlNode? Read(string yaml, ErrorList errors)
    {
        using var text = new StringReader(yaml);
        var scanner = new Scanner(text);
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out var end))
            {
                errors.Add(end.Start.Line, end.Start.Column, "the file is empty: it must hold schema_version, providers and runtimes");
                return null;
            }

            parser.Consume<DocumentStart>();
            var root = ReadNode(parser, errors, level: 1);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                errors.Add(second.Start.Line, second.Start.Column, "a second document begins here: the registry is one document");
            }

            return root;
        }
        catch (YamlException error)
        {
            errors.Add(error.Start.Line, error.Start.Column, $"yaml: {error.Message}");
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet 16.3.0 leaves its scanner's state so when a list in brackets is never closed.
            errors.Add(scanner.CurrentPosition.Line, scanner.CurrentPosition.Column, "yaml: this cannot stand here; is a bracket or brace above not closed?");
            return null;
        }
    }

    private static YamlNode ReadNode(Parser parser, ErrorList errors, int level)
    {
        if (level > DeepestLevel && parser.Current is { } deep)
        {
            throw new YamlException(deep.Start, deep.End, $"nested deeper than {DeepestLevel} levels, which nothing in the schema is");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} is not part of the schema: write the value out");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        if (parser.TryConsume<SequenceStart>(out var list))
        {
            var items = new List<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(parser, errors, level + 1));
            }

            return new YamlSequence((int)list.Start.Line, (int)list.Start.Column, items);
        }

        var mapping = parser.Consume<MappingStart>();
        return new YamlMapping((int)mapping.Start.Line, (int)mapping.Start.Column, ReadEntries(parser, errors, level + 1));
    }

    private static List<YamlEntry> ReadEntries(Parser parser, ErrorList errors, int level)
    {
        var entries = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, errors, level);
            var value = ReadNode(parser, errors, level);
            if (key is not YamlScalar { IsNull: false } name)
            {
                errors.Add(key, $"a key must be a word, this one is {key.Kind}");
            }
            else if (entries.Find(entry => entry.Key.Value == name.Value) is { } first)
            {
                errors.Add(name, $"duplicate key '{name.Value}': it stands already in line {first.Key.Line}");
            }
            else
            {
                entries.Add(new YamlEntry(name, value));
            }
        }

        return entries;
    }
}
