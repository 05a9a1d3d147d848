-- Ours: how often a start was asked for and how many of these asks the last start has answered. A workspace whose start a crash swallowed shows by it.
ALTER TABLE workspaces ADD COLUMN start_wanted int NOT NULL DEFAULT 0, ADD COLUMN start_done int NOT NULL DEFAULT 0;
UPDATE workspaces SET start_wanted = 1 WHERE status = 'provisioning' AND instance_id IS NULL;
