using System.Text;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>Writes a registry as yaml in one of many ways that mean the same: keys shuffled, comments, blank lines, flow or block, quotes or none.</summary>
internal sealed class YamlText(int seed)
{
    private readonly Random _dice = new(seed);

    private readonly StringBuilder _text = new();

    public static string Of(ProviderRegistry registry, int seed) => new YamlText(seed).Write(registry);

    private string Write(ProviderRegistry registry)
    {
        Action[] sections =
        [
            () => Line(0, "schema_version: 1"),
            () =>
            {
                Line(0, "providers:");
                foreach (var provider in registry.Providers)
                {
                    Item(2, Keys(provider));
                }
            },
            () =>
            {
                Line(0, "runtimes:");
                foreach (var runtime in Shuffled(registry.Runtimes))
                {
                    Line(2, $"{runtime.Name}:");
                    Line(4, runtime.Arms.IsEmpty ? "providers: []" : "providers:");
                    foreach (var arm in runtime.Arms)
                    {
                        Item(6, [$"name: {Scalar(arm.Provider)}", .. List("models", arm.Models), .. List("withdrawn_models", arm.WithdrawnModels)]);
                    }
                }
            },
        ];
        foreach (var section in Shuffled(sections))
        {
            section();
        }

        return _text.ToString();
    }

    private List<string> Keys(Provider provider)
    {
        List<string> keys =
        [
            $"name: {Scalar(provider.Name)}",
            $"protocol: {Scalar(provider.Protocol == WireProtocol.OpenAi ? "openai" : "anthropic")}",
            $"auth_mode: {Scalar(provider.AuthMode switch { AuthMode.AnthropicApi => "anthropic_api", AuthMode.OAuth => "oauth", AuthMode.WifAdc => "wif_adc", _ => "third_party_anthropic_compat" })}",
            .. List("auth_env", provider.AuthEnv),
            .. List("model_aliases", provider.ModelAliases),
        ];
        AddText("display_name", provider.DisplayName);
        AddText("vendor_logo", provider.VendorLogo);
        AddText("base_url_template", provider.BaseUrlTemplate);
        AddText("base_url_anthropic", provider.BaseUrlAnthropic);
        AddText("wire_model_prefix", provider.WireModelPrefix);
        AddText("auth_token_env", provider.AuthTokenEnv);
        AddText("model_prefix_match", provider.ModelPrefixMatch?.Text);
        AddText("upstream_vendor", provider.UpstreamVendor);
        AddText("thinking_policy", provider.ThinkingPolicy);
        if (provider.Deprecated || Often)
        {
            keys.Add($"deprecated: {(provider.Deprecated ? "true" : "false")}");
        }

        if (!provider.EndpointVars.IsEmpty)
        {
            var variables = Shuffled(provider.EndpointVars).Select(
                pair => pair.Value.Default is { } fallback
                    ? $"{pair.Key}: {{ default: {Scalar(fallback)}, env: {pair.Value.Env} }}"
                    : $"{pair.Key}: {{ env: {pair.Value.Env} }}");
            keys.Add($"endpoint_vars: {{ {string.Join(", ", variables)} }}");
        }

        return keys;

        void AddText(string key, string? value)
        {
            if (value is not null)
            {
                keys.Add($"{key}: {Scalar(value)}");
            }
            else if (Often)
            {
                keys.Add($"{key}: null");
            }
        }
    }

    private IEnumerable<string> List(string key, IReadOnlyList<string> values) =>
        values.Count == 0 ? Often ? [$"{key}: []"] : []
        : Often ? [$"{key}: [{string.Join(", ", values.Select(Scalar))}]"]
        : [string.Join('\n', values.Select(value => $"- {Scalar(value)}").Prepend($"{key}:"))];

    /// <summary>Always quoted, in one of the two ways, unless it is a word that means nothing else in yaml.</summary>
    private string Scalar(string value) =>
        value.All(char.IsAsciiLetterOrDigit) && !char.IsAsciiDigit(value[0]) && value is not "null" && Often ? value
        : Often ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'"
        : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private bool Often => _dice.Next(2) == 0;

    private T[] Shuffled<T>(IEnumerable<T> items)
    {
        var shuffled = items.ToArray();
        _dice.Shuffle(shuffled);
        return shuffled;
    }

    private void Item(int indent, List<string> keys)
    {
        var start = "- ";
        foreach (var line in Shuffled(keys).SelectMany(key => key.Split('\n').Select((line, at) => at == 0 ? line : $"  {line}")))
        {
            Line(indent, start + line);
            start = "  ";
        }
    }

    private void Line(int indent, string text)
    {
        if (_dice.Next(4) == 0)
        {
            _text.Append(Often ? "\n" : "# by the way: [not, data\n");
        }

        _text.Append(' ', indent).Append(text).Append(_dice.Next(4) == 0 ? " # aside\n" : "\n");
    }
}
