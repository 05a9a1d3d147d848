using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Molecule.HermesEmulated.Configuration;

/// <summary>What of <c>$HERMES_HOME/config.yaml</c> chooses the model (spec/driving-the-runtimes.md 5).</summary>
/// <param name="Model">The section <c>model</c>.</param>
/// <param name="CustomProviders">The list <c>custom_providers</c>.</param>
/// <param name="MaxAttempts"><c>agent.api_max_retries</c>: how often a request is tried in all; 3 unless said.</param>
public sealed record HermesConfig(ModelSection Model, ImmutableArray<CustomProvider> CustomProviders, int MaxAttempts)
{
    private const int DefaultAttempts = 3;

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ConfigurationException">It is no YAML mapping, or a value has another type than it must.</exception>
    public static HermesConfig Parse(string text)
    {
        YamlMappingNode root;
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            root = stream.Documents.Count is 0 ? [] : stream.Documents[0].RootNode as YamlMappingNode ?? throw new ConfigurationException("config.yaml has to be a mapping.");
        }
        catch (YamlException e)
        {
            throw new ConfigurationException($"config.yaml is no YAML: {e.Message}");
        }

        var model = Section(root, "model");
        return new HermesConfig(
            new ModelSection(Text(model, "default"), Text(model, "provider"), Text(model, "base_url"), Text(model, "api_key"), Text(model, "api_mode")),
            Child(root, "custom_providers") is YamlSequenceNode list ? [.. list.OfType<YamlMappingNode>().Select(Provider)] : [],
            Text(Section(root, "agent"), "api_max_retries") is { } attempts
                ? int.TryParse(attempts, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
                    ? count
                    : throw new ConfigurationException($"agent.api_max_retries in config.yaml is '{attempts}': it has to be a whole number, 1 or more.")
                : DefaultAttempts);
    }

    private static CustomProvider Provider(YamlMappingNode node) => new(
        Text(node, "name") ?? throw new ConfigurationException("An entry of custom_providers in config.yaml has no name."),
        Text(node, "base_url") ?? throw new ConfigurationException($"custom_providers in config.yaml: '{Text(node, "name")}' has no base_url."),
        Text(node, "api_key"),
        Text(node, "api_mode"));

    private static YamlMappingNode Section(YamlMappingNode node, string name) => Child(node, name) as YamlMappingNode ?? [];

    private static string? Text(YamlMappingNode node, string name) => Child(node, name) is YamlScalarNode { Value: { Length: > 0 } value } ? value : null;

    private static YamlNode? Child(YamlMappingNode node, string name) => node.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;
}

/// <summary>The section <c>model</c>; null for what it leaves out.</summary>
public sealed record ModelSection(string? Default, string? Provider, string? BaseUrl, string? ApiKey, string? ApiMode);

/// <summary>An entry of <c>custom_providers</c>.</summary>
public sealed record CustomProvider(string Name, string BaseUrl, string? ApiKey, string? ApiMode);
