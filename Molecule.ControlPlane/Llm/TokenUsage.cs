using Dapper;
using Molecule.Contracts.Journal;
using Npgsql;

namespace Molecule.ControlPlane.Llm;

/// <summary>Tokens spent, per workspace and UTC day (spec/control-plane.md 6.4).</summary>
public static class TokenUsage
{
    // $3 and $15 per million tokens (spec/control-plane.md 3.2, metrics).
    private const decimal InputPrice = 3m / 1_000_000;
    private const decimal OutputPrice = 15m / 1_000_000;

    /// <summary>Adds one call.</summary>
    public static Task AddAsync(NpgsqlConnection connection, Guid workspace, TokenCount tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return connection.ExecuteAsync(
            """
            INSERT INTO workspace_token_usage (workspace_id, period_start, input_tokens, output_tokens, call_count, estimated_cost_usd)
            VALUES (@workspace, date_trunc('day', now(), 'UTC'), @Input, @Output, 1, @cost)
            ON CONFLICT (workspace_id, period_start) DO UPDATE SET
                input_tokens = workspace_token_usage.input_tokens + EXCLUDED.input_tokens,
                output_tokens = workspace_token_usage.output_tokens + EXCLUDED.output_tokens,
                call_count = workspace_token_usage.call_count + 1,
                estimated_cost_usd = workspace_token_usage.estimated_cost_usd + EXCLUDED.estimated_cost_usd,
                updated_at = now()
            """,
            new { workspace, tokens.Input, tokens.Output, cost = (tokens.Input * InputPrice) + (tokens.Output * OutputPrice) });
    }
}
