using System.Collections.Immutable;

namespace Molecule.Registry.Reading;

/// <summary>A provider's base URLs and <c>endpoint_vars</c>, which must name each other's placeholders (spec 4.3).</summary>
internal sealed record EndpointSection(string? Template, string? Anthropic, ImmutableSortedDictionary<string, EndpointVariable> Variables)
{
    public static EndpointSection Read(Section provider, string title, ErrorList errors)
    {
        var urls = new[] { "base_url_template", "base_url_anthropic" }
            .Select(key => (Key: key, Text: provider.FindText(key)))
            .ToImmutableArray();
        var entries = provider.Find("endpoint_vars") switch
        {
            null => [],
            YamlMapping mapping => mapping.Entries,
            var other => Refuse(other),
        };

        foreach (var (key, text) in urls)
        {
            CheckUrl(key, text);
        }

        foreach (var (placeholder, _) in entries.Where(entry => !urls.Any(url => Placeholders(url.Text).Contains(entry.Key.Value))))
        {
            errors.Add(placeholder, $"endpoint_vars of {title} names '{placeholder.Value}', but no base URL has the placeholder {{{placeholder.Value}}}");
        }

        var variables = ImmutableSortedDictionary.CreateBuilder<string, EndpointVariable>(StringComparer.Ordinal);
        foreach (var (placeholder, value) in entries)
        {
            var section = Section.Open(value, $"endpoint_vars.{placeholder.Value} of {title}", ["env", "default"], errors);
            var env = section?.RequireEnvName("env");
            var fallback = section?.FindText("default")?.Value;
            if (env is not null)
            {
                variables[placeholder.Value] = new EndpointVariable(env, fallback);
            }
        }

        return new EndpointSection(urls[0].Text?.Value, urls[1].Text?.Value, variables.ToImmutable());

        IReadOnlyList<YamlEntry> Refuse(YamlNode node)
        {
            errors.Add(node, $"endpoint_vars of {title} must be a mapping of placeholders, not {node.Kind}");
            return [];
        }

        void CheckUrl(string key, YamlScalar? text)
        {
            if (text is null)
            {
                return;
            }

            foreach (var placeholder in Placeholders(text).Where(name => !entries.Any(entry => entry.Key.Value == name)))
            {
                errors.Add(text, $"{key} of {title} has the placeholder {{{placeholder}}}, which endpoint_vars does not explain");
            }

            var filled = BaseUrls.Placeholder.Replace(text.Value, "x");
            if (filled.AsSpan().ContainsAny('{', '}'))
            {
                errors.Add(text, $"{key} of {title} has a brace without its partner: '{text.Value}'");
            }
            else if (!text.Value.StartsWith('{') && !(Uri.TryCreate(filled, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            {
                errors.Add(text, $"{key} of {title} must be an http or https URL (or begin with a placeholder), not '{text.Value}'");
            }
        }
    }

    private static ImmutableArray<string> Placeholders(YamlScalar? text) =>
        text is null ? [] : [.. BaseUrls.Placeholder.Matches(text.Value).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];
}
