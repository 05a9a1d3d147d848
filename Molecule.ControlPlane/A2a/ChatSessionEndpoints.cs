using System.Text.Json;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Registry;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>POST /workspaces/:id/chat-session/new: a user begins a new conversation by hand (spec/runtimes-and-providers.md 1.8, 5.2).</summary>
public static class ChatSessionEndpoints
{
    private const string Method = "chat-session/new";

    // A turn that runs is waited for; one that takes longer than this is not.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private static readonly byte[] Call = JsonSerializer.SerializeToUtf8Bytes(new { jsonrpc = "2.0", id = "1", method = Method });

    public static void MapChatSession(this IEndpointRouteBuilder routes) => routes.MapPost("/workspaces/{id}/chat-session/new", BeginAsync).RequireWorkspace();

    private static async Task<IResult> BeginAsync(string id, HttpContext context, MoleculeDatabase database, A2aTransport transport, Settings settings, TimeProvider time)
    {
        if (!Guid.TryParse(id, out var workspace)
            || await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), context.RequestAborted) is not { Status: not WorkspaceStatus.Removed } row)
        {
            return Reply.WorkspaceNotFound();
        }

        if (string.IsNullOrEmpty(row.Url))
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, "workspace not registered (no URL on file)");
        }

        if (!await AgentUrl.MayCallAsync(row.Url, settings, context.RequestAborted))
        {
            return Reply.Error(StatusCodes.Status502BadGateway, "workspace URL is not publicly routable");
        }

        using var overdue = new CancellationTokenSource(Limit, time);
        switch (await transport.PostAsync(row.Url, Call, overdue.Token, context.RequestAborted))
        {
            case Delivery.Answered { Status: < 300 } answer when A2aOutcome.Read(answer.Body) is { Error: { } problem }:
                return Reply.Error(StatusCodes.Status502BadGateway, problem);
            case Delivery.Answered { Status: < 300 }:
                break;
            case Delivery.Answered { Status: StatusCodes.Status503ServiceUnavailable }:
                return Reply.Error(StatusCodes.Status503ServiceUnavailable, "workspace agent busy");
            case Delivery.Answered refused:
                return Reply.Error(StatusCodes.Status502BadGateway, $"workspace agent answered {refused.Status}");
            case Delivery.Interrupted interrupted:
                return Reply.Error(StatusCodes.Status504GatewayTimeout, interrupted.Problem);
            case Delivery.Streaming streaming:
                streaming.Stream.Dispose();
                return Reply.Error(StatusCodes.Status502BadGateway, "workspace agent answered with a stream");
            default:
                return Reply.Error(StatusCodes.Status502BadGateway, "workspace unreachable");
        }

        await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is not null)
                {
                    await ActivityStore.AddAsync(
                        connection,
                        new ActivityRow { WorkspaceId = workspace, ActivityType = "agent_log", Method = Method, Summary = "A new conversation was begun by hand.", Status = "ok" });
                }

                return true;
            },
            CancellationToken.None);
        return Reply.Ok(new WireMap { ["status"] = "reset" });
    }
}
