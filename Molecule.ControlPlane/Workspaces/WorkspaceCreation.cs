using System.Collections.Immutable;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Desktop;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Secrets;
using Molecule.ControlPlane.Templates;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.Registry;
using Molecule.Registry.Templates;
using Npgsql;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>POST /workspaces: admits or refuses by the registry, writes everything in one transaction, leaves the start to the provisioner.</summary>
public sealed partial class WorkspaceCreation(
    MoleculeDatabase database,
    SecretStore secrets,
    ProviderRegistry registry,
    TemplateFolder templates,
    Settings settings,
    PlatformAddress platform,
    Provisioner provisioner,
    ILogger<WorkspaceCreation> logger)
{
    /// <summary>Creates a workspace, or says why not; a refused one leaves no row.</summary>
    public async Task<IResult> CreateAsync(CreateRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Problem() is { } problem)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, problem);
        }

        if (request.Compute?.Display is { Enabled: true } && !settings.Desktop.IsEnabled)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, DisplayEndpoints.NotEnabled);
        }

        try
        {
            return request.IsExternal ? await CreateExternalAsync(request, cancellation) : await CreateManagedAsync(request, cancellation);
        }
        catch (Secrets.Managed.SecretTooLargeException e)
        {
            return SecretEndpoints.TooLarge(e);
        }
        catch (Aws.AwsException e)
        {
            return SecretEndpoints.NotTaken(e);
        }
        catch (PostgresException e)
        {
            // An unknown parent, say.
            LogFailed(logger, e);
            return Reply.Error(StatusCodes.Status500InternalServerError, "failed to create workspace");
        }
    }

    private async Task<IResult> CreateManagedAsync(CreateRequest request, CancellationToken cancellation)
    {
        TemplateRow? row = null;
        if (request.Template is { Length: > 0 } template)
        {
            if (templates.ProblemWith(template, request.Runtime) is { } problem)
            {
                return Refuse(TemplateFolder.Unavailable, problem);
            }

            row = templates.Find(template)!;
            request = request with
            {
                Runtime = row.Runtime,
                Model = request.Model is { Length: > 0 } model ? model : row.Model,
                Tier = request.Tier == 0 ? row.Tier : request.Tier,
            };
        }

        if (settings.IsCompat && CreateAdmission.RemovedRuntimes.Contains(request.Runtime ?? ""))
        {
            return await CreateUnprovidedAsync(request, cancellation);
        }

        var present = await database.QueryAsync(SecretStore.GlobalKeysAsync, cancellation);
        present = present.Union((request.Secrets ?? []).Where(static secret => secret.Value.Length > 0).Select(static secret => secret.Key));
        var intent = new CreateIntent(request.Runtime, request.Model, present, settings.HasVendorKey) { FederationConfigured = settings.Vertex is not null };
        if (registry.Admit(intent) is not Admitted admitted)
        {
            var refused = (Refused)registry.Admit(intent);
            return Refuse(refused.Code.ToWire(), refused.Message);
        }

        var id = Guid.NewGuid();
        try
        {
            await database.TransactAsync(
                async connection =>
                {
                    await InsertAsync(connection, id, request, admitted.Runtime, WorkspaceTrigger.Create, admitted.Model, admitted.Provider.Name);
                    if (row is not null)
                    {
                        await templates.StageAsync(connection, id, row);
                    }

                    return true;
                },
                cancellation);
        }
        catch (Aws.AwsException)
        {
            if (await secrets.AbandonAsync(id, (request.Secrets ?? []).Keys) is { } left)
            {
                LogLeft(logger, id, left);
            }

            throw;
        }

        provisioner.Enqueue(id);
        return Reply.Created(new WireMap
        {
            ["id"] = id,
            ["status"] = "provisioning",
            ["awareness_namespace"] = Namespace(id),
            ["workspace_access"] = Access(request),

            // Ours, additive: the arm that the registry derived.
            ["provider"] = admitted.Provider.Name,
        });
    }

    // Some of the product's clients still create runtimes that it has removed: for them a row that nothing starts, waiting for whoever registers (14.3).
    private async Task<IResult> CreateUnprovidedAsync(CreateRequest request, CancellationToken cancellation)
    {
        var id = Guid.NewGuid();
        await database.TransactAsync(
            async connection =>
            {
                await InsertAsync(connection, id, request, request.Runtime!, WorkspaceTrigger.Create, request.Model, null);
                return true;
            },
            cancellation);
        return Reply.Created(new WireMap { ["id"] = id, ["status"] = "provisioning", ["awareness_namespace"] = Namespace(id), ["workspace_access"] = Access(request) });
    }

    private async Task<IResult> CreateExternalAsync(CreateRequest request, CancellationToken cancellation)
    {
        var id = Guid.NewGuid();
        var hasUrl = !string.IsNullOrEmpty(request.Url);
        var token = await database.TransactAsync(
            async connection =>
            {
                await InsertAsync(connection, id, request, CreateRequest.External, hasUrl ? WorkspaceTrigger.CreateExternal : WorkspaceTrigger.CreateAwaited, null, null);
                return hasUrl ? null : await TokenStore.MintAsync(connection, id);
            },
            cancellation);
        var reply = new WireMap { ["id"] = id, ["external"] = true, ["status"] = hasUrl ? "online" : "awaiting_agent" };
        if (token is not null)
        {
            reply["connection"] = ExternalConnection.Describe(id, platform.Url, token);
        }

        return Reply.Created(reply);
    }

    /// <summary>Writes a workspace that a bundle describes, as it was: what it lacks to run shows when it is started, not here.</summary>
    /// <param name="connection">With the transaction of the whole bundle.</param>
    /// <param name="request">Checked by the caller (<see cref="CreateRequest.Problem"/>).</param>
    /// <param name="source">The id that it had.</param>
    public async Task<Guid> ImportAsync(NpgsqlConnection connection, CreateRequest request, string? source)
    {
        ArgumentNullException.ThrowIfNull(request);
        var admitted = registry.Admit(new CreateIntent(request.Runtime, request.Model, [], settings.HasVendorKey) { FederationConfigured = settings.Vertex is not null }) as Admitted;
        var id = Guid.NewGuid();
        await InsertAsync(connection, id, request, admitted?.Runtime ?? request.Runtime ?? "claude-code", WorkspaceTrigger.Create, admitted?.Model ?? request.Model, admitted?.Provider.Name);
        await connection.ExecuteAsync("UPDATE workspaces SET source_bundle_id = @source WHERE id = @id", new { id, source });
        return id;
    }

    private async Task InsertAsync(
        NpgsqlConnection connection, Guid id, CreateRequest request, string runtime, WorkspaceTrigger trigger, string? model, string? provider)
    {
        var transition = WorkspaceTransitions.Apply(null, trigger);
        var tier = request.Tier == 0 ? 3 : request.Tier;
        await connection.ExecuteAsync(
            """
            INSERT INTO workspaces (id, name, role, tier, status, url, parent_id, awareness_namespace, runtime, workspace_dir, workspace_access, budget_limit, max_concurrent_tasks, model, provider, start_wanted,
                has_desktop, resumes_desktop)
            VALUES (@id, @Name, @Role, @tier, @status::workspace_status, @url, @parent::uuid, @space, @runtime, @folder, @access, @BudgetLimit, @tasks, @model, @provider, @starts, @desktop, @resumes)
            """,
            new
            {
                id,
                request.Name,
                request.Role,
                tier,
                status = transition.To!.Value.ToWire(),
                url = trigger is WorkspaceTrigger.CreateExternal ? request.Url : null,
                parent = string.IsNullOrEmpty(request.ParentId) ? null : request.ParentId,
                space = Namespace(id),
                runtime,
                folder = string.IsNullOrEmpty(request.WorkspaceDir) ? null : request.WorkspaceDir,
                access = Access(request),
                request.BudgetLimit,
                tasks = request.MaxConcurrentTasks <= 0 ? 1 : request.MaxConcurrentTasks,
                model,
                provider,
                starts = trigger is WorkspaceTrigger.Create ? 1 : 0,
                desktop = request.Compute?.Display?.Enabled ?? false,
                resumes = request.Compute?.Display?.Resume ?? true,
            });
        await connection.ExecuteAsync(
            "INSERT INTO canvas_layouts (workspace_id, x, y) VALUES (@id, @x, @y)", new { id, x = request.Canvas?.X ?? 0, y = request.Canvas?.Y ?? 0 });
        await secrets.SaveAsync(connection, id, request.Secrets ?? ImmutableDictionary<string, string>.Empty, CancellationToken.None);
        await WorkspaceStore.RecordAsync(connection, id, transition.Event!, new WireMap { ["name"] = request.Name, ["tier"] = tier });
    }

    private static string Namespace(Guid id) => $"workspace:{id}";

    private static string Access(CreateRequest request) => string.IsNullOrEmpty(request.WorkspaceAccess) ? "none" : request.WorkspaceAccess;

    internal static IResult Refuse(string code, string error) =>
        Reply.Json(StatusCodes.Status422UnprocessableEntity, new WireMap { ["code"] = code, ["error"] = error });

    [LoggerMessage(Level = LogLevel.Error, Message = "Workspace {Workspace} was not created, and some of its secrets may be left at the secrets manager: {Problem}")]
    private static partial void LogLeft(ILogger logger, Guid workspace, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A workspace could not be written.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
