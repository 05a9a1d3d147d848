using System.Globalization;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Registry;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>POST /workspaces/:id/a2a: the checks in their order, the way to the agent, the books (spec/control-plane.md 6.2, 6.4).</summary>
public sealed class A2aProxy(
    MoleculeDatabase database,
    AccessRules access,
    Settings settings,
    WorkspacePulse pulse,
    A2aTransport transport,
    A2aBooks books,
    A2aStreamRelay relay,
    WorkspaceRevival revival,
    Provisioner provisioner,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>Largest call, in bytes; what lies behind is cut off, which mostly leaves no JSON (spec/control-plane.md 6.2).</summary>
    public const int CallLimit = 1024 * 1024;

    /// <summary>The longest that one agent may wait for another (spec/control-plane.md 6.2).</summary>
    public static readonly TimeSpan AgentCeiling = TimeSpan.FromMinutes(30);

    private const int WakeSeconds = 15;
    private const int BusySeconds = 30;

    private static readonly string[] InternalCallers = ["webhook:", "system:", "test:", "channel:"];

    public async Task<IResult> ForwardAsync(string id, HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var cancellation = context.RequestAborted;
        var (body, _) = await RequestBody.ReadAsync(context.Request, CallLimit, cancellation);

        var callerText = context.Request.Headers["X-Workspace-ID"].FirstOrDefault();
        if (await CheckCallerAsync(context, callerText, id) is { } refused)
        {
            return refused;
        }

        var caller = string.IsNullOrEmpty(callerText) ? (Guid?)null : Guid.Parse(callerText);
        var target = Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation)
            : null;
        if (await CheckTargetAsync(target, cancellation) is { } unavailable)
        {
            return unavailable;
        }

        if (A2aEnvelope.Read(body) is not { } envelope)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid JSON");
        }

        return await DeliverAsync(context, new A2aCall(target!, caller, envelope), cancellation);
    }

    private async Task<IResult?> CheckCallerAsync(HttpContext context, string? caller, string target)
    {
        if (string.IsNullOrEmpty(caller))
        {
            return null;
        }

        if (Array.Exists(InternalCallers, prefix => caller.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return Reply.Error(StatusCodes.Status403Forbidden, "invalid caller ID");
        }

        var isWorkspace = Guid.TryParse(caller, out var callerId);
        if (isWorkspace && caller != target && await access.CallerAsync(context, callerId) is { } refused)
        {
            return refused;
        }

        return isWorkspace && Guid.TryParse(target, out var targetId)
            && await database.QueryAsync(connection => Hierarchy.MayTalkAsync(connection, callerId, targetId), context.RequestAborted)
            ? null
            : Reply.Error(StatusCodes.Status403Forbidden, "access denied: workspaces cannot communicate per hierarchy rules");
    }

    private async Task<IResult?> CheckTargetAsync(WorkspaceRow? target, CancellationToken cancellation) => target switch
    {
        null or { Status: WorkspaceStatus.Removed } => Reply.WorkspaceNotFound(),
        { BudgetLimit: { } limit } when target.MonthlySpend >= limit => Reply.Error(StatusCodes.Status402PaymentRequired, "workspace budget limit exceeded"),
        { Status: WorkspaceStatus.Hibernated or WorkspaceStatus.Hibernating } => await WakeAsync(target.Id, cancellation),
        { Url: null or "" } => Reply.Json(
            StatusCodes.Status503ServiceUnavailable, new WireMap { ["error"] = "workspace has no URL", ["status"] = target.Status.ToWire() }),
        _ => await AgentUrl.MayCallAsync(target.Url, settings, cancellation)
            ? null
            : Reply.Error(StatusCodes.Status502BadGateway, "workspace URL is not publicly routable"),
    };

    // The product's own wake passes over hibernated rows (14.1, item 2).
    private async Task<IResult> WakeAsync(Guid workspace, CancellationToken cancellation)
    {
        var isWoken = await database.TransactAsync(
            async connection => await WorkspaceStore.LockAsync(connection, workspace) is { } row && !(await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.Wake)).IsRefused,
            cancellation);
        if (isWoken)
        {
            provisioner.Enqueue(workspace);
        }

        return Reply.RetryLater(StatusCodes.Status503ServiceUnavailable, WakeSeconds, new WireMap { ["error"] = "workspace is waking up", ["waking"] = true });
    }

    private async Task<IResult> DeliverAsync(HttpContext context, A2aCall call, CancellationToken cancellation)
    {
        var idle = call.Target.IdleTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : settings.AgentIdleTimeout;
        using var watch = pulse.Listen(call.Target.Id, idle);
        using var ceiling = new CancellationTokenSource(Ceiling(context.Request, call.Caller), time);
        using var overdue = CancellationTokenSource.CreateLinkedTokenSource(watch.Silent, ceiling.Token, lifetime.ApplicationStopping);
        var started = time.GetTimestamp();
        Delivery delivery;
        try
        {
            delivery = await transport.PostAsync(call.Target.Url!, call.Envelope.Body, overdue.Token, cancellation);
        }
        catch (OperationCanceledException)
        {
            await BookAsync(call, started, null, "the caller hung up");
            throw;
        }

        switch (delivery)
        {
            case Delivery.Answered { Status: < 300 } answer:
                var outcome = A2aOutcome.Read(answer.Body);
                await BookAsync(call, started, outcome, outcome.Error);
                return new RawReply(answer.Status, answer.ContentType, answer.Body);

            case Delivery.Answered answer:
                var problem = $"workspace agent answered {answer.Status}";
                await BookAsync(call, started, A2aOutcome.Read(answer.Body), problem);
                return Reply.Error(answer.Status, problem);

            case Delivery.Streaming streaming:
                using (streaming.Stream)
                {
                    await relay.PassAsync(context, streaming.Stream, call, started, overdue.Token);
                }

                return Results.Empty;

            default:
                return await FailAsync(call, started, delivery, cancellation);
        }
    }

    private async Task<IResult> FailAsync(A2aCall call, long started, Delivery delivery, CancellationToken cancellation)
    {
        var problem = delivery switch
        {
            Delivery.Interrupted interrupted => interrupted.Problem,
            Delivery.Unreachable unreachable => unreachable.Problem,
            _ => throw new InvalidOperationException($"{delivery} is no failure."),
        };
        await BookAsync(call, started, null, problem);
        if (await revival.RestartIfEndedAsync(call.Target, cancellation))
        {
            return Reply.Json(StatusCodes.Status503ServiceUnavailable, new WireMap { ["error"] = "workspace agent has ended and is being restarted", ["restarting"] = true });
        }

        return delivery is Delivery.Interrupted
            ? await BusyAsync(call, cancellation)
            : Reply.Error(StatusCodes.Status502BadGateway, "failed to reach workspace agent");
    }

    // A runtime that keeps sessions of its own may have taken the message: its caller decides. For the others it waits in the queue (6.2).
    private async Task<IResult> BusyAsync(A2aCall call, CancellationToken cancellation)
    {
        if (!call.Target.KeepsSessions && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            try
            {
                var (id, depth) = await database.QueryAsync(connection => A2aQueue.AddAsync(connection, call), cancellation);
                return Reply.Json(StatusCodes.Status202Accepted, new WireMap
                {
                    ["queued"] = true,
                    ["queue_id"] = id,
                    ["queue_depth"] = depth,
                    ["message"] = "workspace agent is busy; the message is delivered when it is free",
                });
            }
            catch (System.Data.Common.DbException)
            {
                // Not kept, so it must not be promised: the caller is asked to come again.
            }
        }

        return Reply.RetryLater(StatusCodes.Status503ServiceUnavailable, BusySeconds, new WireMap { ["error"] = "workspace agent is busy", ["busy"] = true });
    }

    private Task BookAsync(A2aCall call, long started, A2aOutcome? outcome, string? error) =>
        books.WriteAsync(call.ToActivity(time.GetElapsedTime(started), outcome, error), call.Caller, call.Charge(outcome));

    // X-Timeout is a hard limit in seconds (spec/control-plane.md 6.2).
    private static TimeSpan Ceiling(HttpRequest request, Guid? caller) =>
        int.TryParse(request.Headers["X-Timeout"].FirstOrDefault(), CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400))
        : caller is null ? Timeout.InfiniteTimeSpan
        : AgentCeiling;
}
