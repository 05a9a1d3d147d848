using System.Collections.Immutable;
using System.Globalization;
using Molecule.Registry.Reading;

namespace Molecule.Registry.Templates;

/// <summary>A model that a template lets a user choose.</summary>
/// <param name="Id">As the registry offers it.</param>
/// <param name="Name">For people.</param>
/// <param name="RequiredEnv">The credential that a workspace must hold for it; empty where the control plane pays.</param>
public sealed record TemplateModel(string Id, string Name, ImmutableArray<string> RequiredEnv);

/// <summary>One row of the template registry: config.yaml of a folder (spec/control-plane.md 9.3).</summary>
/// <param name="Id">The folder's name.</param>
/// <param name="Name">For people.</param>
/// <param name="Description">For people; empty where there is none.</param>
/// <param name="Tier">1 to 4.</param>
/// <param name="Runtime">What it starts.</param>
/// <param name="Model">The model of a workspace whose creator names none.</param>
/// <param name="Models">What may be chosen.</param>
/// <param name="RequiredEnv">What every workspace of it must hold.</param>
/// <param name="Skills">Names.</param>
/// <param name="ProvisionTimeoutSeconds">How long its start may take; null = the platform's own limit.</param>
public sealed record TemplateRow(
    string Id,
    string Name,
    string Description,
    int Tier,
    string Runtime,
    string Model,
    ImmutableArray<TemplateModel> Models,
    ImmutableArray<string> RequiredEnv,
    ImmutableArray<string> Skills,
    int? ProvisionTimeoutSeconds)
{
    /// <summary>The file of a template's folder.</summary>
    public const string FileName = "config.yaml";

    /// <summary>Reads a row.</summary>
    /// <param name="id">The folder's name.</param>
    /// <param name="yaml">Its config.yaml.</param>
    /// <param name="fileName">How errors shall call that.</param>
    /// <exception cref="RegistryFormatException">Something is wrong with it; carries all of it.</exception>
    public static TemplateRow Read(string id, string yaml, string fileName)
    {
        var errors = new ErrorList(fileName);
        var row = YamlTree.Read(yaml, errors) is { } root ? Read(id, root, errors) : null;
        errors.ThrowIfAny();

        // Stryker disable once String : a row is missing only with an error, which was thrown
        return row ?? throw new InvalidOperationException("a template without errors was not read");
    }

    private static TemplateRow? Read(string id, YamlNode root, ErrorList errors)
    {
        if (Section.Open(root, "the template", ["name", "description", "tier", "runtime", "runtime_config", "skills"], errors) is not { } top)
        {
            return null;
        }

        var name = top.RequireText("name");
        var runtime = top.RequireText("runtime");
        var tier = Number(top, "tier", errors);
        if (top.Require("runtime_config") is not { } node
            || Section.Open(node, "runtime_config", ["model", "required_env", "models", "provision_timeout_seconds"], errors) is not { } config
            || config.RequireText("model") is not { } model
            || name is null
            || runtime is null)
        {
            return null;
        }

        return new TemplateRow(
            id, name.Value, top.FindText("description")?.Value ?? "", tier ?? 3, runtime.Value, model.Value, ReadModels(config, errors), config.FindEnvNames("required_env"),
            [.. top.FindTexts("skills").Select(static skill => skill.Value)], Number(config, "provision_timeout_seconds", errors));
    }

    private static ImmutableArray<TemplateModel> ReadModels(Section config, ErrorList errors)
    {
        switch (config.Require("models"))
        {
            case null:
                return [];
            case YamlSequence list:
                var models = ImmutableArray.CreateBuilder<TemplateModel>();
                foreach (var item in list.Items)
                {
                    if (Section.Open(item, "a model of the template", ["id", "name", "required_env"], errors) is not { } entry || entry.RequireText("id") is not { } id)
                    {
                        continue;
                    }

                    if (models.Any(known => known.Id == id.Value))
                    {
                        errors.Add(id, $"model '{id.Value}' stands twice in the template");
                    }

                    models.Add(new TemplateModel(id.Value, entry.FindText("name")?.Value ?? id.Value, entry.FindEnvNames("required_env")));
                }

                return models.ToImmutable();
            case var other:
                errors.Add(other, $"models of the template must be a list, not {other.Kind}");
                return [];
        }
    }

    private static int? Number(Section section, string key, ErrorList errors)
    {
        if (section.FindText(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return number;
        }

        errors.Add(text, $"{key} must be a positive whole number, not '{text.Value}'");
        return null;
    }
}
