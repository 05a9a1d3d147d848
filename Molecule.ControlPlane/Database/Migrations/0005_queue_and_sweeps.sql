-- spec/control-plane.md 6.5 and 11.
CREATE TABLE a2a_queue (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Text, as in activity_logs: callers such as channel:slack are queued too (14.1, item 6).
    caller_id text,
    priority smallint NOT NULL DEFAULT 50,
    body jsonb NOT NULL,
    method text NOT NULL DEFAULT '',
    idempotency_key text,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    dispatched_at timestamptz,
    completed_at timestamptz,
    expires_at timestamptz,
    attempts int NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'dispatched', 'completed', 'dropped', 'failed')),
    last_error text
);

CREATE INDEX a2a_queue_next ON a2a_queue (workspace_id, priority DESC, enqueued_at) WHERE status = 'queued';
CREATE UNIQUE INDEX a2a_queue_idempotency ON a2a_queue (workspace_id, idempotency_key) WHERE status IN ('queued', 'dispatched');

-- Ours: what the runtime declared in a heartbeat; one that keeps sessions of its own is asked again by the caller instead of being queued (6.2).
ALTER TABLE workspaces ADD COLUMN keeps_sessions boolean NOT NULL DEFAULT false;

CREATE INDEX workspaces_swept ON workspaces (status, last_heartbeat_at);
