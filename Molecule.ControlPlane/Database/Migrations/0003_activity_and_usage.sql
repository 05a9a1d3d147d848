-- spec/control-plane.md 6.4 and 11. source_id and target_id are text: callers such as channel:slack are logged too (14.1, item 6).
CREATE TABLE activity_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    activity_type text NOT NULL,
    source_id text,
    target_id text,
    method text,
    summary text,
    request_body jsonb,
    response_body jsonb,
    duration_ms int,
    status text NOT NULL DEFAULT 'ok',
    error_detail text,
    idempotency_key text,
    tool_trace jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX activity_logs_newest ON activity_logs (workspace_id, created_at DESC);
CREATE UNIQUE INDEX activity_logs_idempotency ON activity_logs (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX activity_logs_tool_trace ON activity_logs USING gin (tool_trace);

CREATE TABLE workspace_token_usage (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    period_start timestamptz NOT NULL,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    call_count int NOT NULL DEFAULT 0,
    estimated_cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, period_start)
);
