using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.Registry.Templates;

namespace Molecule.ControlPlane.Templates;

/// <summary>The catalogue: which runtimes are offered, with which models and for which credentials (spec/control-plane.md 3.8).</summary>
public static class TemplateEndpoints
{
    public static void MapTemplates(this IEndpointRouteBuilder routes) => routes.MapGet("/templates", List).RequireAdmin();

    private static IResult List(TemplateFolder folder) => Reply.Ok(folder.Rows.Select(Describe).ToArray());

    private static WireMap Describe(TemplateRow row)
    {
        var map = new WireMap
        {
            ["id"] = row.Id,
            ["name"] = row.Name,
            ["description"] = row.Description,
            ["tier"] = row.Tier,
            ["runtime"] = row.Runtime,
            ["model"] = row.Model,
            ["models"] = row.Models.Select(static model => new WireMap { ["id"] = model.Id, ["name"] = model.Name, ["required_env"] = model.RequiredEnv }).ToArray(),
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
