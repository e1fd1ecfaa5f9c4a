-- Keys by which services call, and what they changed. A key is never removed: the audit log names it.
CREATE TABLE mab.api_keys (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- The secret's first characters: enough to tell keys apart, and 24 of its 256 bits.
    hint text NOT NULL,
    -- SHA-256 of the secret, which is kept nowhere.
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    can_read boolean NOT NULL,
    can_write boolean NOT NULL,
    can_assign boolean NOT NULL,
    create_time timestamptz NOT NULL,
    created_by uuid,
    expire_time timestamptz,
    last_use_time timestamptz,
    revoke_time timestamptz,
    CHECK (can_read OR can_write OR can_assign)
);

-- The key that changed something; null where a person or nobody did.
ALTER TABLE mab.audit_log ADD COLUMN api_key_id uuid;
CREATE INDEX audit_log_by_api_key ON mab.audit_log (api_key_id, id DESC) WHERE api_key_id IS NOT NULL;
