using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.Registry.Aliases;
using Molecule.Registry.Templates;

namespace Molecule.ControlPlane.Templates;

/// <summary>The catalogue: which runtimes are offered, with which models and for which credentials (spec/control-plane.md 3.8).</summary>
public static class TemplateEndpoints
{
    public static void MapTemplates(this IEndpointRouteBuilder routes) => routes.MapGet("/templates", List).RequireAdmin();

    private static IResult List(TemplateFolder folder, AliasTable aliases) => Reply.Ok(folder.Rows.Select(row => Describe(row, aliases)).ToArray());

    private static WireMap Describe(TemplateRow row, AliasTable aliases)
    {
        var map = new WireMap
        {
            ["id"] = row.Id,
            ["name"] = row.Name,
            ["description"] = row.Description,
            ["tier"] = row.Tier,
            ["runtime"] = row.Runtime,
            ["model"] = row.Model,

            // One entry a model and payer; aliases is ours, additive: its other names.
            ["models"] = TemplateMenu.Of(row, aliases).Select(static entry => new WireMap { ["id"] = entry.Model.Id, ["name"] = entry.Model.Name, ["required_env"] = entry.Model.RequiredEnv, ["aliases"] = entry.Aliases }).ToArray(),
            ["required_env"] = row.RequiredEnv,
            ["skills"] = row.Skills,
            ["skill_count"] = row.Skills.Length,
        };
        if (row.ProvisionTimeoutSeconds is { } seconds)
        {
            map["provision_timeout_seconds"] = seconds;
        }

        return map;
    }
}
