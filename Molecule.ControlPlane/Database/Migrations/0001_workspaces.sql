-- spec/control-plane.md 4.1 and 11. awaiting_agent and hibernating are the two values that the product's own enum lacks (14.1).
CREATE TYPE workspace_status AS ENUM (
    'provisioning', 'online', 'offline', 'degraded', 'failed', 'removed', 'paused', 'hibernated', 'awaiting_agent', 'hibernating');

CREATE TABLE workspaces (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    role text,
    tier int NOT NULL DEFAULT 1,
    status workspace_status NOT NULL DEFAULT 'provisioning',
    source_bundle_id text,
    agent_card jsonb,
    url text,
    parent_id uuid REFERENCES workspaces (id),
    forwarded_to uuid REFERENCES workspaces (id),
    last_heartbeat_at timestamptz,
    last_error_rate double precision NOT NULL DEFAULT 0,
    last_sample_error text,
    active_tasks int NOT NULL DEFAULT 0,
    uptime_seconds int NOT NULL DEFAULT 0,
    current_task text,
    awareness_namespace text,
    runtime text NOT NULL DEFAULT 'langgraph',
    workspace_dir text,
    workspace_access varchar(20) NOT NULL DEFAULT 'none' CHECK (workspace_access IN ('none', 'read_only', 'read_write')),
    budget_limit bigint,
    monthly_spend bigint NOT NULL DEFAULT 0,
    hibernation_idle_minutes int,
    last_outbound_at timestamptz,
    max_concurrent_tasks int NOT NULL DEFAULT 1,
    instance_id text,
    -- Ours: what the registry derived at create, and the idle limit that the runtime asked for in a heartbeat.
    model text,
    provider text,
    idle_timeout_seconds int,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX workspaces_parent ON workspaces (parent_id);

CREATE TABLE canvas_layouts (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    x double precision NOT NULL DEFAULT 0,
    y double precision NOT NULL DEFAULT 0,
    collapsed boolean NOT NULL DEFAULT false
);

CREATE TABLE structure_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_type text NOT NULL,
    workspace_id uuid,
    agent_id uuid,
    target_id uuid,
    payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX structure_events_newest ON structure_events (workspace_id, created_at DESC);
