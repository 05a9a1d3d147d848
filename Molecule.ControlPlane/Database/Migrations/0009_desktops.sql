-- A workspace may ask for a desktop (docs/decisions/0023). Switched off, resumes_desktop gives control back with the connection that is dropped.
ALTER TABLE workspaces
    ADD COLUMN has_desktop boolean NOT NULL DEFAULT false,
    ADD COLUMN resumes_desktop boolean NOT NULL DEFAULT true;
