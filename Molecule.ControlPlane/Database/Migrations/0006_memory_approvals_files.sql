-- spec/control-plane.md 3.5, 9.2 and 11.
CREATE TABLE agent_memories (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    content text NOT NULL,
    scope varchar(10) NOT NULL CHECK (scope IN ('LOCAL', 'TEAM', 'GLOBAL')),
    namespace varchar(50) NOT NULL DEFAULT 'general',
    content_tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX agent_memories_of ON agent_memories (workspace_id, scope, created_at DESC);
CREATE INDEX agent_memories_words ON agent_memories USING gin (content_tsv);

CREATE TABLE workspace_memory (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key text NOT NULL,
    value jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    expires_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, key)
);

CREATE TABLE approval_requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    task_id text,
    action text NOT NULL,
    reason text,
    context jsonb,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'denied', 'escalated')),
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX approval_requests_pending ON approval_requests (created_at) WHERE status = 'pending';
CREATE INDEX approval_requests_of ON approval_requests (workspace_id, created_at DESC);

CREATE TABLE workflow_checkpoints (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    workflow_id text NOT NULL,
    step_name text NOT NULL,
    step_index int NOT NULL DEFAULT 0,
    completed_at timestamptz NOT NULL DEFAULT now(),
    payload jsonb,
    UNIQUE (workspace_id, workflow_id, step_name)
);

CREATE TABLE platform_instructions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scope text NOT NULL CHECK (scope IN ('global', 'team', 'workspace')),
    scope_target text,
    title varchar(200) NOT NULL,
    content varchar(8192) NOT NULL,
    priority int NOT NULL DEFAULT 0,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Ours: the platform's own copy of a workspace's /configs (14.3 asks for a store of it).
CREATE TABLE workspace_files (
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    path text NOT NULL,
    content text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, path)
);
