-- What the start that is asked for does beside starting (docs/decisions/0024): it gives the workspace a new file system, or a snapshot's.
ALTER TABLE workspaces
    ADD COLUMN start_recreates boolean NOT NULL DEFAULT false,
    ADD COLUMN start_restores text;
