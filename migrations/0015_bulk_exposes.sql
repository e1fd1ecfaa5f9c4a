-- Of a key that may assign: whether what it evaluates in bulk counts as shown.
ALTER TABLE mab.api_keys ADD COLUMN bulk_exposes boolean NOT NULL DEFAULT false;
ALTER TABLE mab.api_keys ADD CHECK (can_assign OR NOT bulk_exposes);
