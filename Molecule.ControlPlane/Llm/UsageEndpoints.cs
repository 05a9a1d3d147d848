using System.Globalization;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Llm;

/// <summary>
/// Tokens of the current UTC day: GET /workspaces/:id/metrics (spec/control-plane.md 3.2), and for the workspace itself the address in MOLECULE_LLM_USAGE_URL,
/// opened by its usage token (spec/runtimes-and-providers.md 3.8).
/// </summary>
public static class UsageEndpoints
{
    /// <summary>Where a workspace reads or reports its own usage.</summary>
    public const string OwnPath = "/api/v1/internal/llm/usage";

    private static readonly string[] OwnMethods = [HttpMethods.Get, HttpMethods.Post];

    public static void MapUsage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/metrics", GetAsync).RequireWorkspace();

        // A report is answered and not added: the proxy has metered what went through it, and counting the word of the one who pays would count twice.
        routes.MapMethods(OwnPath, OwnMethods, GetOwnAsync);
    }

    private static async Task<IResult> GetOwnAsync(HttpContext context, MoleculeDatabase database)
    {
        if (Bearer.Of(context.Request) is not { } token)
        {
            return Reply.Error(StatusCodes.Status401Unauthorized, "missing usage token");
        }

        return await database.QueryAsync(connection => UsageTokens.OwnerAsync(connection, token), context.RequestAborted) is { } owner
            ? await GetAsync(owner.Workspace.ToString(), database, context.RequestAborted)
            : Reply.Error(StatusCodes.Status401Unauthorized, "invalid usage token");
    }

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var usage = await database.QueryAsync(
            connection => connection.QuerySingleAsync<Day>(
                """
                SELECT d.start AS "Start", d.start + interval '1 day' AS "End", COALESCE(u.input_tokens, 0) AS "Input", COALESCE(u.output_tokens, 0) AS "Output",
                    COALESCE(u.call_count, 0) AS "Calls", COALESCE(u.estimated_cost_usd, 0) AS "Cost"
                FROM (SELECT date_trunc('day', now(), 'UTC') AS start) d
                LEFT JOIN workspace_token_usage u ON u.workspace_id = @workspace AND u.period_start = d.start
                """,
                new { workspace }),
            cancellation);
        return Reply.Ok(new WireMap
        {
            ["input_tokens"] = usage.Input,
            ["output_tokens"] = usage.Output,
            ["total_calls"] = usage.Calls,
            ["estimated_cost_usd"] = usage.Cost.ToString("0.000000", CultureInfo.InvariantCulture),
            ["period_start"] = usage.Start,
            ["period_end"] = usage.End,
        });
    }

    private sealed record Day
    {
        public DateTime Start { get; init; }

        public DateTime End { get; init; }

        public long Input { get; init; }

        public long Output { get; init; }

        public int Calls { get; init; }

        public decimal Cost { get; init; }
    }
}
