using System.Text.Json;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>A workspace as it is stored (spec/control-plane.md 11).</summary>
public sealed record WorkspaceRow
{
    /// <summary>The columns of a row, for a table aliased <c>w</c> with its layout <c>c</c>.</summary>
    internal const string Columns =
        """
        w.id AS "Id", w.name AS "Name", w.role AS "Role", w.tier AS "Tier", w.status::text AS "StatusText", w.agent_card::text AS "AgentCard", w.url AS "Url",
        w.parent_id AS "ParentId", w.active_tasks AS "ActiveTasks", w.max_concurrent_tasks AS "MaxConcurrentTasks", w.last_error_rate AS "LastErrorRate",
        w.last_sample_error AS "LastSampleError", w.uptime_seconds AS "UptimeSeconds", w.current_task AS "CurrentTask", w.runtime AS "Runtime",
        w.workspace_dir AS "WorkspaceDir", w.monthly_spend AS "MonthlySpend", w.budget_limit AS "BudgetLimit", w.last_outbound_at AS "LastOutboundAt",
        w.instance_id AS "InstanceId", w.model AS "Model", w.provider AS "Provider", w.idle_timeout_seconds AS "IdleTimeoutSeconds",
        w.keeps_sessions AS "KeepsSessions", w.updated_at AS "UpdatedAt", w.start_wanted AS "StartWanted", w.start_done AS "StartDone",
        w.start_recreates AS "StartRecreates", w.start_restores AS "StartRestores",
        w.has_desktop AS "HasDesktop", w.resumes_desktop AS "ResumesDesktop"
        """;

    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public string? Role { get; init; }

    /// <summary>How often a start was asked for, ever.</summary>
    public int StartWanted { get; init; }

    /// <summary>How many of these the starts so far have answered.</summary>
    public int StartDone { get; init; }

    /// <summary>Whether the start that is asked for gives it a new file system (docs/decisions/0024).</summary>
    public bool StartRecreates { get; init; }

    /// <summary>The snapshot with which the start that is asked for begins; null for what there is.</summary>
    public string? StartRestores { get; init; }

    /// <summary>Whether a start is asked for that has not been made.</summary>
    public bool AwaitsStart => Status is WorkspaceStatus.Provisioning && StartWanted > StartDone;

    public int Tier { get; init; }

    public WorkspaceStatus Status { get; private init; }

    /// <summary>The status as the database says it.</summary>
    public required string StatusText
    {
        get => Status.ToWire();
        init => Status = WorkspaceStatusWire.Parse(value);
    }

    /// <summary>JSON text, or null before the first register.</summary>
    public string? AgentCard { get; init; }

    public string? Url { get; init; }

    public Guid? ParentId { get; init; }

    public int ActiveTasks { get; init; }

    public int MaxConcurrentTasks { get; init; }

    public double LastErrorRate { get; init; }

    public string? LastSampleError { get; init; }

    public int UptimeSeconds { get; init; }

    public string? CurrentTask { get; init; }

    public required string Runtime { get; init; }

    public string? WorkspaceDir { get; init; }

    /// <summary>US cents.</summary>
    public long MonthlySpend { get; init; }

    /// <summary>US cents; null = no limit.</summary>
    public long? BudgetLimit { get; init; }

    public DateTime? LastOutboundAt { get; init; }

    /// <summary>The node's id of the running incarnation.</summary>
    public string? InstanceId { get; init; }

    /// <summary>The model it was created with; null for one that registered on its own.</summary>
    public string? Model { get; init; }

    /// <summary>The arm that the registry derived; null for one that registered on its own.</summary>
    public string? Provider { get; init; }

    public int? IdleTimeoutSeconds { get; init; }

    /// <summary>The runtime declared the capability <c>session</c> (spec/control-plane.md 6.2).</summary>
    public bool KeepsSessions { get; init; }

    /// <summary>It asked for a desktop.</summary>
    public bool HasDesktop { get; init; }

    /// <summary>Control of its desktop outlives a dropped connection, within the lease.</summary>
    public bool ResumesDesktop { get; init; }

    public DateTime UpdatedAt { get; init; }

    public double X { get; init; }

    public double Y { get; init; }

    public bool Collapsed { get; init; }

    /// <summary>An item of GET /workspaces (spec/control-plane.md 3.2).</summary>
    public WireMap ToListItem()
    {
        var item = Shared();
        item["budget_limit"] = BudgetLimit;
        item["monthly_spend"] = MonthlySpend;
        item["current_task"] = CurrentTask ?? "";
        item["last_sample_error"] = LastSampleError ?? "";
        item["workspace_dir"] = WorkspaceDir;
        return item;
    }

    /// <summary>The reply of GET /workspaces/:id: open to everybody, so it says less (spec/control-plane.md 3.2).</summary>
    public WireMap ToItem()
    {
        var item = Shared();
        item["last_outbound_at"] = LastOutboundAt;
        return item;
    }

    /// <summary>An item of GET /registry/:id/peers (spec/control-plane.md 3.3).</summary>
    public WireMap ToPeer() => new()
    {
        ["id"] = Id,
        ["name"] = Name,
        ["role"] = Role,
        ["tier"] = Tier,
        ["status"] = Status.ToWire(),
        ["url"] = Url ?? "",
        ["parent_id"] = ParentId,
        ["active_tasks"] = ActiveTasks,
        ["agent_card"] = Card,
    };

    private JsonElement? Card => AgentCard is null ? null : JsonElement.Parse(AgentCard);

    private WireMap Shared() => new()
    {
        ["id"] = Id,
        ["name"] = Name,
        ["role"] = Role,
        ["tier"] = Tier,
        ["status"] = Status.ToWire(),
        ["agent_card"] = Card,
        ["url"] = Url ?? "",
        ["parent_id"] = ParentId,
        ["active_tasks"] = ActiveTasks,
        ["max_concurrent_tasks"] = MaxConcurrentTasks,
        ["last_error_rate"] = LastErrorRate,
        ["uptime_seconds"] = UptimeSeconds,
        ["runtime"] = Runtime,
        ["x"] = X,
        ["y"] = Y,
        ["collapsed"] = Collapsed,
    };
}
