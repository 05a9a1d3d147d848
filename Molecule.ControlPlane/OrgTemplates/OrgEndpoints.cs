using System.Collections.Immutable;
using System.Text.Json;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Secrets;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.OrgTemplates;

/// <summary>Templates of whole teams, and their import (spec/control-plane.md 3.8, 9.5).</summary>
public static class OrgEndpoints
{
    private const string Prefix = "org/";

    private static readonly ImmutableSortedDictionary<string, OrgTemplate> Builtin = ReadBuiltin();

    public static void MapOrg(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/org/templates", List).RequireAdmin();
        routes.MapPost("/org/import", ImportAsync).RequireAdmin();
    }

    private static IResult List() => Reply.Ok(Builtin.Select(static entry => new WireMap
    {
        ["dir"] = entry.Key,
        ["name"] = entry.Value.Name,
        ["description"] = entry.Value.Description,
        ["workspaces"] = entry.Value.Count,
        ["required_env"] = OrgTemplate.Names(entry.Value.RequiredEnv),
        ["recommended_env"] = OrgTemplate.Names(entry.Value.RecommendedEnv),
    }).ToArray());

    private static async Task<IResult> ImportAsync(HttpContext context, MoleculeDatabase database, WorkspaceCreation creation, Provisioner provisioner)
    {
        if (await RequestBody.ReadObjectAsync<ImportBody>(context.Request, context.RequestAborted) is not { } body || (string.IsNullOrEmpty(body.Dir) && body.Template is null))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "provide 'dir' or 'template'");
        }

        var template = body.Template is { } inline ? OrgTemplate.Read(inline.GetRawText()) : Builtin.GetValueOrDefault(body.Dir!);
        if (template is null)
        {
            return body.Template is null
                ? Reply.Error(StatusCodes.Status404NotFound, $"org template not found: {body.Dir}")
                : Reply.Error(StatusCodes.Status400BadRequest, "invalid org template: name and workspaces are required");
        }

        if (template.Problem() is { } problem)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, $"invalid org template: {problem}");
        }

        var missing = template.Missing(await database.QueryAsync(SecretStore.GlobalKeysAsync, context.RequestAborted));
        if (missing.Count > 0 && !body.Force)
        {
            return Reply.Json(StatusCodes.Status412PreconditionFailed, new WireMap
            {
                ["error"] = "missing required environment",
                ["missing_env"] = missing,
                ["required_env"] = OrgTemplate.Names(template.RequiredEnv),
                ["template"] = template.Name,
                ["suggestion"] = "save them as global secrets, or import with force",
            });
        }

        var made = new List<WireMap>();
        await database.TransactAsync(
            async connection =>
            {
                await WriteAsync(connection, creation, template, template.Workspaces, null, made);
                return true;
            },
            context.RequestAborted);
        made.ForEach(item => provisioner.Enqueue((Guid)item["id"]!));
        return Reply.Created(new WireMap { ["org"] = template.Name, ["workspaces"] = made.ToArray(), ["count"] = made.Count });
    }

    private static async Task WriteAsync(NpgsqlConnection connection, WorkspaceCreation creation, OrgTemplate template, List<OrgWorkspace> level, Guid? parent, List<WireMap> made)
    {
        foreach (var workspace in level)
        {
            var request = template.ToRequest(workspace, parent);
            var id = await creation.ImportAsync(connection, request, null);
            made.Add(new WireMap { ["id"] = id, ["name"] = request.Name, ["tier"] = request.Tier });
            await WriteAsync(connection, creation, template, workspace.Children, id, made);
        }
    }

    private static ImmutableSortedDictionary<string, OrgTemplate> ReadBuiltin()
    {
        var assembly = typeof(OrgEndpoints).Assembly;
        return assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToImmutableSortedDictionary(
            static name => name[Prefix.Length..].TrimEnd('/', '\\'),
            name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return OrgTemplate.Read(reader.ReadToEnd()) ?? throw new InvalidOperationException($"The built-in template '{name}' is none.");
            },
            StringComparer.Ordinal);
    }

    private sealed record ImportBody(string? Dir, JsonElement? Template, bool Force);
}
