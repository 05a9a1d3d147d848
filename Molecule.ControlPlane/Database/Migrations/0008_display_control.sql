-- spec/runtimes-and-providers.md 5.1. The key is the arbiter: a workspace has one lease or none, whoever asks and however many at once.
CREATE TABLE workspace_display_control_locks (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    controller text NOT NULL CHECK (controller IN ('user', 'agent')),
    controlled_by text NOT NULL CHECK (controlled_by <> ''),
    expires_at timestamptz NOT NULL,
    -- Ours: what a dropped connection comes back to, and since when it stands.
    session_id uuid NOT NULL,
    acquired_at timestamptz NOT NULL,
    CHECK (expires_at > acquired_at AND expires_at <= acquired_at + interval '12 hours')
);
