using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Molecule.Registry.Reading;

/// <summary>One mapping of the file, read key by key: wrong kinds, missing and unknown keys become errors, and reading goes on.</summary>
internal sealed partial class Section
{
    private readonly YamlMapping _mapping;
    private readonly string _title;
    private readonly ErrorList _errors;

    private Section(YamlMapping mapping, string title, ErrorList errors)
    {
        _mapping = mapping;
        _title = title;
        _errors = errors;
    }

    /// <summary>Opens a value that must be a mapping of these keys; null, with the error noted, when it is none.</summary>
    public static Section? Open(YamlNode node, string title, ImmutableArray<string> keys, ErrorList errors)
    {
        if (node is not YamlMapping mapping)
        {
            errors.Add(node, $"{title} must be a mapping, not {node.Kind}");
            return null;
        }

        foreach (var (key, _) in mapping.Entries.Where(entry => !keys.Contains(entry.Key.Value)))
        {
            errors.Add(key, $"unknown key '{key.Value}' in {title}; known: {string.Join(", ", keys)}");
        }

        return new Section(mapping, title, errors);
    }

    /// <summary>The value's node; null when the key is missing or yaml's null.</summary>
    public YamlNode? Find(string key) =>
        _mapping.Entries.FirstOrDefault(entry => entry.Key.Value == key)?.Value is { } value and not YamlScalar { IsNull: true } ? value : null;

    public YamlNode? Require(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            _errors.Add(_mapping, $"{_title} lacks the key '{key}'");
        }

        return node;
    }

    public YamlScalar? FindText(string key) => Find(key) is { } node ? AsText(node, $"{key} of {_title}") : null;

    public YamlScalar? RequireText(string key) => Require(key) is { } node ? AsText(node, $"{key} of {_title}") : null;

    /// <summary>A text that is an environment variable's name.</summary>
    public string? FindEnvName(string key) => FindText(key) is { } text && IsEnvName(text, key) ? text.Value : null;

    /// <inheritdoc cref="FindEnvName"/>
    public string? RequireEnvName(string key) => RequireText(key) is { } text && IsEnvName(text, key) ? text.Value : null;

    public ImmutableArray<string> FindEnvNames(string key) =>
        [.. FindTexts(key).Where(text => IsEnvName(text, key)).Select(text => text.Value)];

    /// <summary>A list of distinct texts; empty when the key is missing.</summary>
    public ImmutableArray<YamlScalar> FindTexts(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequence list:
                var texts = ImmutableArray.CreateBuilder<YamlScalar>();
                foreach (var text in list.Items.Select(item => AsText(item, $"an item of {key} of {_title}")).OfType<YamlScalar>())
                {
                    if (texts.FirstOrDefault(known => known.Value == text.Value) is { } first)
                    {
                        _errors.Add(text, $"'{text.Value}' stands twice in {key} of {_title}: already in line {first.Line}");
                    }
                    else
                    {
                        texts.Add(text);
                    }
                }

                return texts.ToImmutable();
            case var other:
                _errors.Add(other, $"{key} of {_title} must be a list, not {other.Kind}");
                return [];
        }
    }

    public bool FindFlag(string key)
    {
        switch (Find(key))
        {
            case null:
                return false;
            case YamlScalar { IsPlain: true, Value: "true" or "false" } flag:
                return flag.Value == "true";
            case var other:
                _errors.Add(other, $"{key} of {_title} must be true or false, not {other.Kind}");

                // Stryker disable once Boolean : the error alone refuses the file
                return false;
        }
    }

    /// <summary>One of a few words.</summary>
    public T? RequireWord<T>(string key, params ReadOnlySpan<(string Word, T Meaning)> words)
        where T : struct
    {
        if (RequireText(key) is not { } text)
        {
            return null;
        }

        foreach (var (word, meaning) in words)
        {
            if (word == text.Value)
            {
                return meaning;
            }
        }

        var known = string.Join(", ", words.ToArray().Select(pair => pair.Word));
        _errors.Add(text, $"{key} of {_title} is '{text.Value}'; it must be one of {known}");
        return null;
    }

    private YamlScalar? AsText(YamlNode node, string title)
    {
        if (node is not YamlScalar { IsNull: false } text)
        {
            _errors.Add(node, $"{title} must be a text, not {node.Kind}");
            return null;
        }

        if (text.Value.Trim().Length == 0 || text.Value.Trim() != text.Value)
        {
            _errors.Add(text, $"{title} must be a text without surrounding blanks, not '{text.Value}'");
            return null;
        }

        return text;
    }

    private bool IsEnvName(YamlScalar text, string key)
    {
        if (EnvName.IsMatch(text.Value))
        {
            return true;
        }

        _errors.Add(text, $"'{text.Value}' in {key} of {_title} is no name of an environment variable");

        // Stryker disable once Boolean : the error alone refuses the file
        return false;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex EnvName { get; }
}
