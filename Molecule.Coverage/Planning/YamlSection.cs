using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Molecule.Coverage.Planning;

/// <summary>One mapping of coverage.yaml, read key by key: missing, unknown and ill-formed ones become errors, and reading goes on.</summary>
internal sealed class YamlSection
{
    private readonly YamlMappingNode _mapping;
    private readonly string _title;
    private readonly ErrorList _errors;

    private YamlSection(YamlMappingNode mapping, string title, ErrorList errors)
    {
        _mapping = mapping;
        _title = title;
        _errors = errors;
    }

    public Mark Start => _mapping.Start;

    /// <summary>Parses the one document; null, with the error noted, when it is none.</summary>
    public static YamlNode? Parse(string yaml, ErrorList errors)
    {
        var scanner = new Scanner(new StringReader(yaml));
        try
        {
            var stream = new YamlStream();
            stream.Load(new Parser(scanner));
            if (stream.Documents is [var document])
            {
                return document.RootNode;
            }

            errors.Add(1, 1, $"the file must hold one yaml document, not {stream.Documents.Count}");
        }
        catch (YamlException error)
        {
            errors.Add(error.Start, $"not yaml: {error.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet 16.3 throws these, without a place of its own, at a text in a flow list that is not closed ("a: [1").
            errors.Add(scanner.CurrentPosition, "not yaml: a bracket or brace before this place is not closed");
        }

        return null;
    }

    /// <summary>Opens a node that must be a mapping of these keys; no keys = any.</summary>
    public static YamlSection? Open(YamlNode node, string title, ErrorList errors, params ImmutableArray<string> keys)
    {
        if (node is not YamlMappingNode mapping)
        {
            errors.Add(node, $"{title} must be a mapping");
            return null;
        }

        foreach (var (key, _) in mapping.Children.Where(pair => !keys.IsEmpty && !keys.Contains(pair.Key.ToString())))
        {
            errors.Add(key, $"unknown key '{key}' in {title}; known: {string.Join(", ", keys)}");
        }

        return new YamlSection(mapping, title, errors);
    }

    public YamlNode? Find(string key) => _mapping.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode name && name.Value == key).Value;

    public YamlNode? Require(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            _errors.Add(_mapping, $"{_title} lacks '{key}'");
        }

        return node;
    }

    /// <summary>A text that is neither missing nor blank; null, with the error noted, when it is.</summary>
    public string? RequireText(string key) => Require(key) is { } node ? TextOf(node, key) : null;

    public string? FindText(string key) => Find(key) is { } node ? TextOf(node, key) : null;

    /// <summary>One of some words; the first where the key is missing.</summary>
    public T FindWord<T>(string key, params ImmutableArray<(string Word, T Value)> words)
    {
        if (FindText(key) is not { } text)
        {
            return words[0].Value;
        }

        var hit = words.FirstOrDefault(word => word.Word == text);
        if (hit.Word is null)
        {
            _errors.Add(Find(key)!, $"'{text}' is no {key} of {_title}; known: {string.Join(", ", words.Select(word => word.Word))}");
        }

        return hit.Value;
    }

    /// <summary>A date as yyyy-MM-dd.</summary>
    public DateOnly? RequireDate(string key)
    {
        if (RequireText(key) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date))
        {
            return date;
        }

        _errors.Add(Find(key)!, $"'{text}' is no date: {key} of {_title} must read yyyy-MM-dd");
        return null;
    }

    /// <summary>A list of texts without duplicates, with their places.</summary>
    public ImmutableArray<Placed<string>> RequireTexts(string key)
    {
        var texts = ImmutableArray.CreateBuilder<Placed<string>>();
        foreach (var item in RequireItems(key))
        {
            if (TextOf(item, key) is { } text)
            {
                if (texts.Any(other => other.Value == text))
                {
                    _errors.Add(item, $"'{text}' stands twice in {key} of {_title}");
                }

                texts.Add(new Placed<string>(text, (int)item.Start.Line, (int)item.Start.Column));
            }
        }

        return texts.ToImmutable();
    }

    public IEnumerable<YamlNode> RequireItems(string key) => Require(key) is { } node ? ItemsOf(node, key) : [];

    public IEnumerable<YamlNode> FindItems(string key) => Find(key) is { } node ? ItemsOf(node, key) : [];

    /// <summary>The keys and values of a mapping whose keys are data.</summary>
    public IEnumerable<(YamlNode Key, YamlNode Value)> Entries() => _mapping.Children.Select(pair => (pair.Key, pair.Value));

    private IEnumerable<YamlNode> ItemsOf(YamlNode node, string key)
    {
        if (node is YamlSequenceNode list)
        {
            return list.Children;
        }

        _errors.Add(node, $"{key} of {_title} must be a list");
        return [];
    }

    private string? TextOf(YamlNode node, string key)
    {
        if (node is YamlScalarNode { Value: { } text } && !string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        _errors.Add(node, $"{key} of {_title} must be a text that is not empty");
        return null;
    }
}
