using System.Data.Common;
using System.Text.Json;
using Dapper;
using Molecule.Contracts.Journal;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.A2a;

/// <summary>What is written down of a call (spec/control-plane.md 6.4): activity, tokens and the caller's last call, in one transaction.</summary>
/// <remarks>Written before the caller is answered, so that who has the answer finds the row; a database that fails does not spoil the answer.</remarks>
public sealed partial class A2aBooks(MoleculeDatabase database, ILogger<A2aBooks> logger)
{
    // Spec 6.4: within 3 s.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <param name="row">The activity, on the target.</param>
    /// <param name="caller">The calling workspace, if it was one.</param>
    /// <param name="tokens">What the answer says was spent; null where another meter counts it.</param>
    public async Task WriteAsync(ActivityRow row, Guid? caller, TokenCount? tokens)
    {
        ArgumentNullException.ThrowIfNull(row);
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            try
            {
                await StoreAsync(row, caller, tokens, limit.Token);
            }
            catch (Npgsql.PostgresException e) when (e.SqlState is Npgsql.PostgresErrorCodes.UntranslatableCharacter or Npgsql.PostgresErrorCodes.InvalidTextRepresentation)
            {
                // JSON that PostgreSQL does not hold, such as \u0000: the row matters more than the bodies.
                await StoreAsync(row with { RequestBody = null, ResponseBody = null, ToolTrace = null }, caller, tokens, limit.Token);
            }
        }
        catch (Exception e) when (e is DbException or OperationCanceledException)
        {
            LogUnwritten(logger, row.WorkspaceId, e);
        }
    }

    private Task<bool> StoreAsync(ActivityRow row, Guid? caller, TokenCount? tokens, CancellationToken cancellation) => database.TransactAsync(
        async connection =>
        {
            await ActivityStore.AddAsync(connection, row);
            if (tokens is not null)
            {
                await TokenUsage.AddAsync(connection, row.WorkspaceId, tokens);
            }

            if (caller is not null)
            {
                await connection.ExecuteAsync("UPDATE workspaces SET last_outbound_at = now() WHERE id = @caller", new { caller });
            }
            else if (row.ResponseBody is not null)
            {
                // The canvas waits for it on its socket (spec/control-plane.md 6.4).
                await EventNotices.PublishAsync(
                    connection,
                    "A2A_RESPONSE",
                    row.WorkspaceId,
                    new WireMap { ["response_body"] = JsonElement.Parse(row.ResponseBody), ["method"] = row.Method, ["duration_ms"] = row.DurationMs });
            }

            return true;
        },
        cancellation);

    [LoggerMessage(Level = LogLevel.Error, Message = "The activity of workspace {Workspace} could not be written.")]
    private static partial void LogUnwritten(ILogger logger, Guid workspace, Exception error);
}
