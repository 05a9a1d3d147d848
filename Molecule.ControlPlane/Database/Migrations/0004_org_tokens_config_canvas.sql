-- spec/control-plane.md 2.1, 3.2, 3.8 and 11.
CREATE TABLE org_api_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    token_hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    name text,
    created_by text,
    org_id uuid REFERENCES workspaces (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE workspace_config (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    data jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One row, whose id the product fixes.
CREATE TABLE canvas_viewport (
    id uuid PRIMARY KEY DEFAULT '00000000-0000-0000-0000-000000000001',
    x double precision NOT NULL DEFAULT 0,
    y double precision NOT NULL DEFAULT 0,
    zoom double precision NOT NULL DEFAULT 1,
    saved_at timestamptz NOT NULL DEFAULT now()
);
